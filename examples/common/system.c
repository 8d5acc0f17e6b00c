/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t signal_number;

double example_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

long example_cores(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores;
}

char *example_join(const char *folder, const char *name) {
  size_t size = strlen(folder) + strlen(name) + 2;
  char *path = malloc(size);
  if (path) snprintf(path, size, "%s/%s", folder, name);
  return path;
}

static int make_one(const char *path, struct example_error *error) {
  struct stat status;
  if (mkdir(path, 0777) == 0) return 0;
  int reason = errno;
  if (reason == EEXIST && stat(path, &status) == 0) {
    if (S_ISDIR(status.st_mode)) return 0;
    reason = ENOTDIR;
  }
  return example_fail(error, "%.700s: %s", path, strerror(reason));
}

int example_make_folder(const char *path, struct example_error *error) {
  char *copy = example_join(path, "");
  if (!copy) return example_fail(error, "no memory");
  int status = 0;
  for (char *slash = strchr(copy + 1, '/'); slash && status == 0; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    status = make_one(copy, error);
    *slash = '/';
  }
  free(copy);
  if (status == 0 && access(path, W_OK | X_OK)) status = example_fail(error, "%.700s: %s", path, strerror(errno));
  return status;
}

/* From the first signal on they do again what they do in other programs, either of them. */
static void remember(int number) {
  signal_number = number;
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

void example_catch_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask); /* one after the other */
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

int example_signal(void) { return (int)signal_number; }
