/* SPDX-License-Identifier: MIT */
/* What the programs ask of the machine: time, cores, folders, and to be told about Ctrl-C. */
#ifndef EXAMPLE_SYSTEM_H
#define EXAMPLE_SYSTEM_H

#include <stddef.h>

#include "error.h"

/* Seconds since some moment in the past; never runs backwards. */
double example_seconds(void);

/* Number of cores. */
long example_cores(void);

/* Creates a folder and those above it; one that is there already is fine, if it can be written to. */
int example_make_folder(const char *path, struct example_error *error);

/* folder/name, or NULL when there is no memory; free it. */
char *example_join(const char *folder, const char *name);

/* From now on SIGINT (Ctrl-C) and SIGTERM are remembered instead of ending the program; a second one, of either
 * kind, ends it at once. */
void example_catch_signals(void);

/* The number of the signal that came, or 0. */
int example_signal(void);

#endif
