/* SPDX-License-Identifier: MIT */
/* Loading of bytes that may be anything, as a careful host does it. */
#ifndef TESTS_FUZZ_LOAD_H
#define TESTS_FUZZ_LOAD_H

#include "fuzz.h"

enum { FUZZ_LAYERS = 4 };
/* Layers of the host that files of the seeds may have. */
extern const thalnet_layer *const fuzz_layers[FUZZ_LAYERS];

struct fuzz_load {
  int32_t allow_nonfinite;
  size_t layers; /* how many of fuzz_layers are offered */
};

/* Loads under small limits. Proves that a failure leaves no center and no memory, and that memory stayed in proportion to
 * the file. NULL: refused. The center uses `memory`, which is started here. */
thalnet_center *fuzz_load(const void *bytes, size_t size, const struct fuzz_load *load, struct fuzz_memory *memory);

/* 1 where a batch of that shape is computed soon enough. */
int fuzz_is_small(const thalnet_center *net, size_t sequences, size_t frames);

/* The file of a network; free() it. */
uint8_t *fuzz_save(const thalnet_center *net, size_t *size_out);

#endif
