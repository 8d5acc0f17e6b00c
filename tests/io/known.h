/* SPDX-License-Identifier: MIT */
/* Networks and trainings whose files are known byte for byte, one for every number, so that what is loaded after a fault or a crash
 * can be told from everything else. */
#ifndef TESTS_IO_KNOWN_H
#define TESTS_IO_KNOWN_H

#include <stddef.h>

#include <thalnet/thalnet.h>

#include "../api/model_file.h"

enum { KNOWN_MODEL, KNOWN_CHECKPOINT, KNOWN_KINDS };
extern const char *const known_names[KNOWN_KINDS];

struct known {
  int32_t kind;
  thalnet_center_options options;
  thalnet_center *net;
  thalnet_optimizer *optimizer; /* NULL but for a checkpoint, as the state */
  thalnet_state *state;
  char number[24];
};

/* One module of one unit that sees so many inputs: four bytes of a model file each. The memory is the library's own where it is
 * NULL. */
struct known known_create(int32_t kind, size_t inputs, const thalnet_memory *memory);
void known_free(struct known *known);
/* Makes it the one of that number. */
void known_set(struct known *known, unsigned number);
/* The number of what was loaded last; a checkpoint's own word for it. */
unsigned known_number(const struct known *known);

/* Its file, asked for in memory. */
struct model known_bytes(const struct known *known);
/* 1: its file has exactly these bytes. */
int known_is(const struct known *known, const struct model *bytes);

/* The machine's own files where io is NULL. A load that fails leaves it as it was. */
thalnet_status known_save(const struct known *known, const char *path, const thalnet_io *io);
thalnet_status known_load(struct known *known, const char *path, const thalnet_io *io);
thalnet_status known_load_memory(struct known *known, const struct model *bytes);

#endif
