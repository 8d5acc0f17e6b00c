/* SPDX-License-Identifier: MIT */
/* A host with small stacks: a whole life in threads that have 64 KiB, and 256 KiB, and how much of it is used. What the
 * thread-local storage of other libraries takes of a stack before anything runs is beside that: 60 KiB where there is an OpenBLAS. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <unistd.h>

#include "host.h"
#include "life.h"

enum { PAINT = 0xa5, PAGE = 4096 };

typedef void *function(void *argument);

static char folder[] = "stack.XXXXXX";

static void *idle(void *unused) { return unused; }

static void *lead(void *result) {
  const struct life life = {.folder = folder, .threads = 3};
  *(uint64_t *)result = life_lead(&life);
  return NULL;
}

/* Bytes that were written to, at the upper end. */
static size_t used_of(const unsigned char *stack, size_t size) {
  size_t untouched = 0;
  while (untouched < size && stack[untouched] == PAINT) untouched++;
  return size - untouched;
}

static void run(function *called, void *argument, const pthread_attr_t *attributes) {
  pthread_t thread;
  CHECK(pthread_create(&thread, attributes, called, argument) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* In memory of ours, painted; returns how much of it is used. */
static size_t run_painted(function *called, void *argument, size_t size) {
  pthread_attr_t attributes;
  void *stack = NULL;
  CHECK(posix_memalign(&stack, PAGE, size) == 0);
  memset(stack, PAINT, size);
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstack(&attributes, stack, size) == 0);
  run(called, argument, &attributes);
  CHECK(pthread_attr_destroy(&attributes) == 0);
  const size_t used = used_of(stack, size);
  CHECK(used < size);
  free(stack);
  return used;
}

/* On a stack with a guard below it, which kills who goes beyond. */
static void run_guarded(function *called, void *argument, size_t size) {
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstacksize(&attributes, size) == 0);
  run(called, argument, &attributes);
  CHECK(pthread_attr_destroy(&attributes) == 0);
}

int main(void) {
  uint64_t usual, result;
  CHECK(mkdtemp(folder) != NULL);
  lead(&usual);
  const size_t before = run_painted(idle, NULL, 512 * 1024), beside = (before + PAGE - 1) / PAGE * PAGE;
  for (size_t size = 64 * 1024; size <= 256 * 1024; size *= 4) {
    result = 0;
    run_guarded(lead, &result, beside + size);
    CHECK(result == usual);
    const size_t used = run_painted(lead, &result, beside + size);
    printf("%zu of %zu bytes of stack used, beside %zu before anything runs\n", used - before, size, before);
    CHECK(result == usual);
  }
  CHECK(rmdir(folder) == 0);
  return EXIT_SUCCESS;
}
