/* SPDX-License-Identifier: MIT */
#include "contender.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USAGE = 2, MEMORY_CALLS = 3 };

struct bench_arguments bench_parse(int argc, char **argv) {
  struct bench_arguments arguments = {0, NULL};
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--small")) {
      arguments.small = 1;
    } else if (!strcmp(argv[i], "--memory") && i + 1 < argc) {
      arguments.memory = argv[++i];
    } else {
      fprintf(stderr, "usage: %s [--small] [--memory <name>]\n", argv[0]);
      exit(USAGE);
    }
  }
  return arguments;
}

void bench_tell(const char *key, const char *text) { printf("# %s\t%s\n", key, text); }

double bench_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void *bench_allocate(size_t count, size_t size) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, count * size + 64)) {
    fprintf(stderr, "no memory for %zu numbers\n", count);
    exit(EXIT_FAILURE);
  }
  return memset(memory, 0, count * size);
}

static uint32_t draw(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

void bench_fill(float *values, size_t count, float low, float high) {
  for (size_t i = 0; i < count; i++) values[i] = low + (high - low) * (float)draw() / 16777216.0f;
}

void bench_fill_integers(int *values, size_t count, size_t limit) {
  for (size_t i = 0; i < count; i++) values[i] = (int)(draw() % limit);
}

/* --- measuring ------------------------------------------------------------------------------------------------------- */

static struct bench_offer *find(struct bench_offer *offers, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (!strcmp(offers[i].name, name)) return &offers[i];
  }
  fprintf(stderr, "nothing of the name %s is offered\n", name);
  return NULL;
}

/* The first call is not timed: it takes memory and fills the caches. */
static int make_ready(struct bench_offer *offer) {
  if (offer->is_ready) return 0;
  if (offer->prepare && offer->prepare(offer->context)) return 1;
  offer->is_ready = 1;
  return offer->call ? offer->call(offer->context) : 0;
}

static int measure(struct bench_offer *offer, double seconds) {
  if (make_ready(offer)) return 1;
  if (offer->measure) {
    if (offer->measure(offer->context, seconds)) return 1;
  } else {
    double start = bench_seconds(), elapsed;
    size_t calls = 0;
    do {
      if (offer->call(offer->context)) return 1;
      calls++;
      elapsed = bench_seconds() - start;
    } while (elapsed < seconds);
    printf("%.6g\n", (double)(calls * offer->units) / elapsed);
  }
  if (offer->release) {
    offer->release(offer->context);
    offer->is_ready = 0;
  }
  return 0;
}

/* The kernel's own mark; getrusage would count what the parent process held before it started this program. */
static int print_memory(void) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) return 1;
  while (fgets(line, sizeof line, status)) {
    if (!strncmp(line, "VmHWM:", 6)) printf("%ld\n", strtol(line + 6, NULL, 10));
  }
  return fclose(status);
}

int bench_serve(struct bench_offer *offers, size_t count, const struct bench_arguments *arguments) {
  char line[256], name[BENCH_NAME];
  double seconds;
  if (arguments->memory) {
    struct bench_offer *offer = find(offers, count, arguments->memory);
    if (!offer || make_ready(offer)) return EXIT_FAILURE;
    for (int i = 1; i < MEMORY_CALLS; i++) {
      if (offer->call(offer->context)) return EXIT_FAILURE;
    }
    return print_memory();
  }
  for (size_t i = 0; i < count; i++) printf("%s\t%s\t%.9g\n", offers[i].name, offers[i].unit, offers[i].flops);
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "%63s %lf", name, &seconds) != 2) return USAGE;
    struct bench_offer *offer = find(offers, count, name);
    if (!offer) return USAGE;
    if (measure(offer, seconds)) return EXIT_FAILURE;
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
