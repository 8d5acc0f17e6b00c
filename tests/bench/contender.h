/* SPDX-License-Identifier: MIT */
/* What every program here is: a process that offers measurements and waits to be told which one to make.
 *
 * At its start it writes lines about itself, then what it offers, then one line that ends this:
 *     # <key> TAB <text>
 *     <name> TAB <unit> TAB <operations a unit>
 *     ready
 * For every line `<name> <seconds>` it then measures about that long and answers with one line of numbers: units per second,
 * or what the offer's own measure writes. It ends with its input. It never uses the processor unasked, so that many of them
 * can take turns. */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include <stddef.h>

#include "workload.h"

struct bench_offer {
  char name[BENCH_NAME];
  const char *unit;
  double flops; /* of one unit; 0: no use to know */
  size_t units; /* of one call */
  void *context;
  int (*prepare)(void *context);                 /* before the first call; may be NULL */
  int (*call)(void *context);                    /* what is timed; not 0: it failed, and said why */
  int (*measure)(void *context, double seconds); /* instead of call: measures and writes the answer */
  void (*release)(void *context);                /* after every measurement, prepare is called again; NULL: stays */
  int is_ready;
};

struct bench_arguments {
  int small;          /* --small: large workloads are made small */
  const char *memory; /* --memory <name>: three calls of that offer, then the largest resident memory in KiB */
};

/* Reads the command line, or ends the program. */
struct bench_arguments bench_parse(int argc, char **argv);

/* A line about this program. */
void bench_tell(const char *key, const char *text);

/* Serves the offers, or measures memory where the arguments say so; returns what main returns. */
int bench_serve(struct bench_offer *offers, size_t count, const struct bench_arguments *arguments);

/* Seconds since some moment. */
double bench_seconds(void);

/* Zeroed memory at a multiple of 64, or the program ends. */
void *bench_allocate(size_t count, size_t size);

/* Numbers in [low, high), the same in every run. */
void bench_fill(float *values, size_t count, float low, float high);
/* Numbers 0..limit-1. */
void bench_fill_integers(int *values, size_t count, size_t limit);

#endif
