/* SPDX-License-Identifier: MIT */
/* A whole life with the library: create, build, train, live steps, files, checkpoints, edits, routing, graphs, and an error of
 * every kind. Programs of hosts lead it in odd places: in small stacks, in forked children, out of a library that comes and goes.
 *
 * life.c is compiled with the recorded headers of version 0.1 as well (tests/abi), so it uses no more than they have: what comes
 * later is tried elsewhere. */
#ifndef TESTS_HOST_LIFE_H
#define TESTS_HOST_LIFE_H

#include <stdint.h>

struct thalnet_memory;

struct life {
  const char *folder;                  /* for files, of its own; NULL: none are written */
  const struct thalnet_memory *memory; /* NULL: malloc and free */
  int32_t threads;                     /* of the library */
  int32_t brief;                       /* 1: without what takes longest, the check of gradients */
};

/* A number that follows from all results: the same for every number of threads, and 0 for nothing. Ends the program with a line
 * on stderr where a call does what it should not, a success that touches errno included. */
uint64_t life_lead(const struct life *life);

#endif
