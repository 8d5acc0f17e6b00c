/* SPDX-License-Identifier: MIT */
#include "development.h"

#include <stdio.h>
#include <stdlib.h>

#include "pictures/available.h"
#include "pictures/heat.h"
#include "system.h"
#include "words.h"

enum { SHOWN = 6 };

/* Room for an epoch more; shares become the development's own. */
static void keep(struct example_development *d, size_t epoch, double *shares) {
  d->epochs = array_grow(d->epochs, d->count, sizeof *d->epochs);
  d->shares = array_grow(d->shares, d->count, sizeof *d->shares);
  d->epochs[d->count] = epoch;
  d->shares[d->count++] = shares;
}

int example_development_add(struct example_development *d, const struct example_wired *wired, size_t epoch,
                            struct example_error *error) {
  double *shares = example_make_shares(wired, THALNET_ROUTING_WEIGHT, error);
  if (!shares) return -1;
  d->modules = (size_t)thalnet_center_module_count(wired->net);
  keep(d, epoch, shares);
  return 0;
}

void example_development_free(struct example_development *d) {
  for (size_t i = 0; i < d->count; i++) free(d->shares[i]);
  free(d->shares);
  free(d->epochs);
}

/* --- the file ------------------------------------------------------------------------------------------------------ */

static int write_table(const struct example_development *d, const char *path, struct example_error *error) {
  struct words words = {NULL, 0, 0};
  words_add(&words, "epoch,to,from,share\n");
  for (size_t i = 0; i < d->count; i++)
    for (size_t k = 0; k < d->modules * d->modules; k++)
      words_add(&words, "%zu,%zu,%zu,%.6f\n", d->epochs[i], k / d->modules, k % d->modules, d->shares[i][k]);
  int status = words_write_file(path, &words, error);
  words_free(&words);
  return status;
}

void example_development_load(struct example_development *d, const thalnet_center *net, const char *folder,
                              size_t last) {
  char *path = example_join(folder, "development.csv"), line[128];
  FILE *file = path ? fopen(path, "r") : NULL;
  d->modules = (size_t)thalnet_center_module_count(net);
  while (file && fgets(line, sizeof line, file)) {
    size_t epoch, to, from;
    double share;
    if (sscanf(line, "%zu,%zu,%zu,%lf", &epoch, &to, &from, &share) != 4) continue;
    if (epoch > last || to >= d->modules || from >= d->modules) continue;
    if (d->count == 0 || d->epochs[d->count - 1] != epoch)
      keep(d, epoch, array_grow(NULL, 0, d->modules * d->modules * sizeof(double)));
    d->shares[d->count - 1][to * d->modules + from] = share;
  }
  if (file) fclose(file);
  free(path);
}

/* --- the picture --------------------------------------------------------------------------------------------------- */

/* The first epoch, the last one, and others in between. */
static int draw(const struct example_development *d, const thalnet_center *net, const char *folder,
                struct example_error *error) {
  const size_t shown = d->count < SHOWN ? d->count : SHOWN;
  struct heat_map *maps = NULL;
  const char **names = example_module_names(net);
  for (size_t i = 0; i < shown; i++) {
    const size_t at = shown == 1 ? 0 : i * (d->count - 1) / (shown - 1);
    maps = array_grow(maps, i, sizeof *maps);
    maps[i] = (struct heat_map){words_print("epoch %zu", d->epochs[at]), d->modules, d->modules, d->shares[at]};
  }
  const struct heat_picture picture = example_describe_shares("Who reads whom, epoch by epoch", maps, shown, names);
  int status = example_draw_heat(folder, "development", &picture, error);
  for (size_t i = 0; i < shown; i++) free((void *)(uintptr_t)maps[i].title);
  free(maps);
  free(names);
  return status;
}

int example_development_save(const struct example_development *d, const thalnet_center *net, const char *folder,
                             struct example_error *error) {
  if (d->count == 0) return 0;
  char *path = example_join(folder, "development.csv");
  int status = path ? write_table(d, path, error) : example_fail(error, "no memory");
  free(path);
  return status || !pictures_available() ? status : draw(d, net, folder, error);
}
