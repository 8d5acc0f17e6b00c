/* SPDX-License-Identifier: MIT */
/* A server that forks: children lead lives of their own while the parent goes on, also those that are forked while other threads
 * of the parent are inside the library. Same results everywhere, and nobody waits for threads that do not exist. That children go
 * on with handles of their parent is in api/test_same_bits.c. */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "life.h"

#ifndef CHILDREN
#define CHILDREN 6
#endif
enum { PATIENCE = 100 /* seconds; then a child hangs */ };

static const struct life short_life = {.threads = 3, .brief = 1};
static atomic_int stop, lives, different;
static uint64_t expected;

static void *live_on(void *unused) {
  (void)unused;
  do {
    if (life_lead(&short_life) != expected) atomic_store(&different, 1);
    atomic_fetch_add(&lives, 1);
  } while (!atomic_load(&stop));
  return NULL;
}

/* A child that forks children itself, so many generations. */
static pid_t child_of(int generations) {
  fflush(NULL);
  const pid_t child = fork();
  CHECK(child != -1);
  if (child != 0) return child;
  int status = 0;
  alarm(PATIENCE);
  const pid_t grandchild = generations > 1 ? child_of(generations - 1) : 0;
  const int same = life_lead(&short_life) == expected;
  if (grandchild != 0) CHECK(waitpid(grandchild, &status, 0) == grandchild);
  _exit(same && status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void expect_success(pid_t child) {
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

int main(void) {
  pthread_t thread;
  const pid_t early = fork(); /* before the first call */
  if (early == 0) {
    alarm(PATIENCE);
    _exit(life_lead(&short_life) != 0 ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  expected = life_lead(&short_life);
  expect_success(early);
  const pid_t generations = child_of(3);
  CHECK(life_lead(&short_life) == expected);
  expect_success(generations);
  CHECK(pthread_create(&thread, NULL, live_on, NULL) == 0);
  while (atomic_load(&lives) == 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  for (int i = 0; i < CHILDREN; i++) expect_success(child_of(1));
  atomic_store(&stop, 1);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(!atomic_load(&different));
  CHECK(life_lead(&short_life) == expected);
  return EXIT_SUCCESS;
}
