/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void record_free(struct record *r) {
  free(r->group), free(r->row), free(r->command), free(r->machine), free(r->result), free(r->error), free(r->curve);
  memset(r, 0, sizeof *r);
}

void pair_free(struct pair *pair) {
  free(pair->group), free(pair->rows[0]), free(pair->rows[1]), free(pair->counts);
  memset(pair, 0, sizeof *pair);
}

void store_free(struct store *store) {
  for (size_t i = 0; i < store->count; i++) record_free(&store->records[i]);
  for (size_t i = 0; i < store->pair_count; i++) pair_free(&store->pairs[i]);
  free(store->records);
  free(store->pairs);
  memset(store, 0, sizeof *store);
}

/* --- what is in a store ---------------------------------------------------------------------------------------------- */

static size_t place_of(const struct store *store, const char *group, const char *row, long seed) {
  size_t i = 0;
  for (; i < store->count; i++) {
    const struct record *r = &store->records[i];
    if (r->seed == seed && strcmp(r->group, group) == 0 && strcmp(r->row, row) == 0) break;
  }
  return i;
}

static size_t place_of_pair(const struct store *store, const char *group, const char *first, const char *second) {
  size_t i = 0;
  for (; i < store->pair_count; i++) {
    const struct pair *p = &store->pairs[i];
    if (strcmp(p->group, group) == 0 && strcmp(p->rows[0], first) == 0 && strcmp(p->rows[1], second) == 0) break;
  }
  return i;
}

const struct record *store_find(const struct store *store, const char *group, const char *row, long seed) {
  size_t place = place_of(store, group, row, seed);
  return place < store->count ? &store->records[place] : NULL;
}

const struct pair *store_find_pair(const struct store *store, const char *group, const char *first,
                                   const char *second) {
  size_t place = place_of_pair(store, group, first, second);
  return place < store->pair_count ? &store->pairs[place] : NULL;
}

void store_put(struct store *store, struct record *record) {
  size_t place = place_of(store, record->group, record->row, record->seed);
  if (place == store->count)
    store->records = array_grow(store->records, store->count++, sizeof *store->records);
  else
    record_free(&store->records[place]);
  store->records[place] = *record;
  memset(record, 0, sizeof *record);
}

void store_put_pair(struct store *store, struct pair *pair) {
  size_t place = place_of_pair(store, pair->group, pair->rows[0], pair->rows[1]);
  if (place == store->pair_count)
    store->pairs = array_grow(store->pairs, store->pair_count++, sizeof *store->pairs);
  else
    pair_free(&store->pairs[place]);
  store->pairs[place] = *pair;
  memset(pair, 0, sizeof *pair);
}

/* --- values ---------------------------------------------------------------------------------------------------------- */

int record_value(const struct record *r, const char *key, double *value) {
  size_t length = strlen(key);
  for (const char *at = r->result; at && *at; at += strspn(at, " ")) {
    if (strncmp(at, key, length) == 0 && at[length] == '=') {
      char *end;
      *value = strtod(at + length + 1, &end);
      return end == at + length + 1 || (*end && *end != ' ') || !isfinite(*value) ? -1 : 0;
    }
    at += strcspn(at, " ");
  }
  return -1;
}

int record_measure(const struct record *r, const char *part, const char *measure, double *value) {
  char *key = words_print("%s_%s", part, measure);
  int status = record_value(r, key, value);
  free(key);
  return status;
}
