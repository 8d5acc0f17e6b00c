/* SPDX-License-Identifier: MIT */
/* How the wiring comes about: who reads whom after every epoch. */
#ifndef EXAMPLE_DEVELOPMENT_H
#define EXAMPLE_DEVELOPMENT_H

#include <stddef.h>

#include "wiring.h"

struct example_development {
  size_t modules, count; /* epochs that are known */
  size_t *epochs;        /* their numbers */
  double **shares;       /* of each: [module][module], by weight */
};

/* Adds what a network is after an epoch. Returns 0, or -1 with the error's text. */
int example_development_add(struct example_development *development, const struct example_wired *wired, size_t epoch,
                            struct example_error *error);

/* Writes FOLDER/development.csv (epoch,to,from,share), and where cairo is there development.svg and .png, of a few epochs side by
 * side. Returns 0, or -1 with the error's text. */
int example_development_save(const struct example_development *development, const thalnet_center *net,
                             const char *folder, struct example_error *error);

/* Reads such a file again, up to an epoch, for a training that goes on; one that is not there is as good as empty. */
void example_development_load(struct example_development *development, const thalnet_center *net, const char *folder,
                              size_t last);

void example_development_free(struct example_development *development);

#endif
