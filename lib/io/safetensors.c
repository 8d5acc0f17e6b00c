/* SPDX-License-Identifier: MIT */
#include "io/safetensors.h"

#include <string.h>

#include "core/status.h"
#include "io/alien.h"
#include "io/bytes.h"
#include "io/sort.h"

/* --- the length and the bytes --- */

/* start: the length and, unless the file ends there, the first byte behind it. */
static thalnet_status thalnet__check_length(const thalnet__source *source, const unsigned char *start, size_t known,
                                            uint64_t length) {
  const uint64_t rest = source->size - THALNET__LENGTH_BYTES;
  if (length < 2 || (length > THALNET__HEADER_LIMIT && length > rest) ||
      (known > THALNET__LENGTH_BYTES && start[THALNET__LENGTH_BYTES] != '{'))
    return thalnet__fail(THALNET_ERROR_FORMAT, "not a model file: %s", thalnet__alien_name(start, known));
  if (length > THALNET__HEADER_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "a header of %llu bytes, at most %d are allowed",
                         (unsigned long long)length, THALNET__HEADER_LIMIT);
  if (length > rest)
    return thalnet__fail(THALNET_ERROR_TRUNCATED, "it ends after %llu bytes, its header alone has %llu + 8",
                         (unsigned long long)source->size, (unsigned long long)length);
  return THALNET_OK;
}

/* Nothing is allocated before the length is known to fit into the file. */
static thalnet_status thalnet__read_bytes(thalnet__header *header, thalnet__source *source) {
  unsigned char start[THALNET__LENGTH_BYTES + 1];
  const size_t known = source->size < sizeof start ? (size_t)source->size : sizeof start;
  void *bytes, *strings;
  THALNET__TRY(thalnet__source_read(source, start, known));
  if (known < THALNET__LENGTH_BYTES)
    return thalnet__fail(THALNET_ERROR_TRUNCATED, "it has %zu bytes, not even the 8 of the header's length", known);
  const uint64_t length = thalnet__get_u64(start);
  THALNET__TRY(thalnet__check_length(source, start, known, length));
  header->size = THALNET__LENGTH_BYTES + (size_t)length;
  THALNET__TRY(thalnet__allocate(&header->memory, header->size, 1, &bytes));
  header->bytes = bytes;
  THALNET__TRY(thalnet__allocate(&header->memory, header->size, 1, &strings));
  header->strings = strings;
  memcpy(header->bytes, start, known);
  return thalnet__source_read(source, header->bytes + known, header->size - known);
}

/* --- order --- */

static int thalnet__compare_names(const void *a, const void *b) {
  return strcmp(((const thalnet__file_tensor *)a)->name, ((const thalnet__file_tensor *)b)->name);
}
static int thalnet__compare_begins(const void *a, const void *b) {
  const uint64_t begin = ((const thalnet__file_tensor *)a)->begin, other = ((const thalnet__file_tensor *)b)->begin;
  return (begin > other) - (begin < other);
}
static int thalnet__compare_keys(const void *a, const void *b) {
  return strcmp(((const thalnet__pair *)a)->key, ((const thalnet__pair *)b)->key);
}

static thalnet_status thalnet__order(thalnet__header *header) {
  const size_t tensors = header->tensor_count, pairs = header->pair_count;
  void *array;
  THALNET__TRY(thalnet__allocate(&header->memory, tensors, sizeof(void *), &array));
  header->by_name = array;
  THALNET__TRY(thalnet__allocate(&header->memory, tensors, sizeof(void *), &array));
  header->by_begin = array;
  THALNET__TRY(thalnet__allocate(&header->memory, pairs, sizeof(void *), &array));
  header->by_key = array;
  for (size_t i = 0; i < tensors; i++) header->by_name[i] = header->by_begin[i] = &header->tensors[i];
  for (size_t i = 0; i < pairs; i++) header->by_key[i] = &header->pairs[i];
  thalnet__sort(header->by_name, tensors, thalnet__compare_names);
  thalnet__sort(header->by_begin, tensors, thalnet__compare_begins);
  thalnet__sort(header->by_key, pairs, thalnet__compare_keys);
  return THALNET_OK;
}

static thalnet_status thalnet__check_unique(const thalnet__header *header) {
  for (size_t i = 1; i < header->tensor_count; i++)
    if (thalnet__compare_names(header->by_name[i - 1], header->by_name[i]) == 0)
      return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s is there twice",
                           ((const thalnet__file_tensor *)header->by_name[i])->name);
  for (size_t i = 1; i < header->pair_count; i++)
    if (thalnet__compare_keys(header->by_key[i - 1], header->by_key[i]) == 0)
      return thalnet__fail(THALNET_ERROR_FORMAT, "metadata: '%.100s' is there twice",
                           ((const thalnet__pair *)header->by_key[i])->key);
  return THALNET_OK;
}

/* The tensors cover the data without gap, overlap or rest: no byte has two meanings or none. */
static thalnet_status thalnet__check_cover(const thalnet__header *header, uint64_t data) {
  uint64_t end = 0;
  for (size_t i = 0; i < header->tensor_count; i++) {
    const thalnet__file_tensor *tensor = header->by_begin[i];
    if (tensor->begin != end)
      return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s starts at %llu of the data, %llu is expected",
                           tensor->name, (unsigned long long)tensor->begin, (unsigned long long)end);
    end = tensor->end;
  }
  if (end > data)
    return thalnet__fail(THALNET_ERROR_TRUNCATED, "it has %llu bytes of tensors, its header tells of %llu",
                         (unsigned long long)data, (unsigned long long)end);
  if (end < data)
    return thalnet__fail(THALNET_ERROR_FORMAT, "%llu bytes follow the last tensor", (unsigned long long)(data - end));
  return THALNET_OK;
}

/* From bytes to tables. */
static thalnet_status thalnet__make_tables(thalnet__header *header) {
  THALNET__TRY(thalnet__header_parse(header));
  THALNET__TRY(thalnet__order(header));
  return thalnet__check_unique(header);
}

thalnet_status thalnet__header_adopt(thalnet__header *header, const thalnet_memory *memory, char *bytes, size_t size) {
  void *strings = NULL;
  *header = (thalnet__header){.memory = *memory, .bytes = bytes, .size = size};
  thalnet_status status = thalnet__allocate(memory, size, 1, &strings);
  header->strings = strings;
  if (status == THALNET_OK) status = thalnet__make_tables(header);
  if (status != THALNET_OK) thalnet__header_free(header);
  return status;
}

thalnet_status thalnet__header_read(thalnet__header *header, const thalnet_memory *memory, thalnet__source *source) {
  *header = (thalnet__header){.memory = *memory};
  thalnet_status status = thalnet__read_bytes(header, source);
  if (status == THALNET_OK) status = thalnet__make_tables(header);
  if (status == THALNET_OK) status = thalnet__check_cover(header, source->size - source->at);
  if (status != THALNET_OK) thalnet__header_free(header);
  return status;
}

void thalnet__header_free(thalnet__header *header) {
  const thalnet_memory *memory = &header->memory;
  thalnet__release(memory, header->bytes, header->size, 1);
  thalnet__release(memory, header->strings, header->size, 1);
  thalnet__release(memory, header->by_name, header->tensor_count, sizeof(void *));
  thalnet__release(memory, header->by_begin, header->tensor_count, sizeof(void *));
  thalnet__release(memory, header->by_key, header->pair_count, sizeof(void *));
  thalnet__release(memory, header->tensors, header->tensor_capacity, sizeof *header->tensors);
  thalnet__release(memory, header->pairs, header->pair_capacity, sizeof *header->pairs);
  *header = (thalnet__header){.memory = header->memory};
}

/* --- asking --- */

static int thalnet__compare_to_name(const void *name, const void *tensor) {
  return strcmp(name, ((const thalnet__file_tensor *)tensor)->name);
}
static int thalnet__compare_to_key(const void *key, const void *pair) {
  return strcmp(key, ((const thalnet__pair *)pair)->key);
}

thalnet__file_tensor *thalnet__header_tensor(const thalnet__header *header, const char *name) {
  const size_t i = thalnet__search(header->by_name, header->tensor_count, name, thalnet__compare_to_name);
  return i == header->tensor_count ? NULL : header->by_name[i];
}

const thalnet__pair *thalnet__header_pair(const thalnet__header *header, const char *key) {
  const size_t i = thalnet__search(header->by_key, header->pair_count, key, thalnet__compare_to_key);
  return i == header->pair_count ? NULL : header->by_key[i];
}

const thalnet__pair *thalnet__header_take(thalnet__header *header, const char *key) {
  thalnet__pair *pair = (thalnet__pair *)(uintptr_t)thalnet__header_pair(header, key);
  if (pair != NULL) pair->taken = 1;
  return pair;
}
