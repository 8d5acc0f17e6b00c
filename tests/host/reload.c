/* SPDX-License-Identifier: MIT */
/* reload <plugin> <rounds>
 * A host that does not know the library: it loads a plugin that does, lets it lead a whole life, and lets go of both, again and
 * again. Nothing stays behind: memory, mappings, descriptors, threads; and loading leaves the floating-point mode alone. */
#include <dirent.h>
#include <dlfcn.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "life.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

enum { WARM_UP = 20, SLACK_PAGES = 64 };

struct usage {
  long pages, mappings, descriptors, threads;
};

static void give_up(const char *what, const char *reason) {
  fprintf(stderr, "%s: %s\n", what, reason ? reason : "?");
  exit(EXIT_FAILURE);
}

static FILE *open_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) give_up(path, "cannot be opened");
  return file;
}

static long count_entries(const char *path) {
  DIR *folder = opendir(path);
  long count = 0;
  if (folder == NULL) give_up(path, "cannot be opened");
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

static struct usage measure(void) {
  struct usage usage = {0};
  FILE *file = open_file("/proc/self/maps");
  for (int c; (c = getc(file)) != EOF;) usage.mappings += c == '\n';
  fclose(file);
  file = open_file("/proc/self/statm");
  if (fscanf(file, "%*s %ld", &usage.pages) != 1) give_up("statm", "has no second number");
  fclose(file);
  usage.descriptors = count_entries("/proc/self/fd");
  usage.threads = count_entries("/proc/self/task");
  return usage;
}

static unsigned floating_mode(void) {
#if defined(__SSE__)
  return _mm_getcsr() & ~0x3fu;
#else
  return (unsigned)fegetround();
#endif
}

/* The number that follows from a life. */
static uint64_t one_round(const char *plugin, int32_t threads) {
  const struct life life = {NULL, NULL, threads, 1};
  uint64_t (*lead)(const struct life *life);
  const unsigned mode = floating_mode();
  void *library = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) give_up(plugin, dlerror());
  if (floating_mode() != mode) give_up(plugin, "loading it changes the floating-point mode");
  void *symbol = dlsym(library, "life_lead");
  if (symbol == NULL) give_up(plugin, dlerror());
  memcpy(&lead, &symbol, sizeof lead);
  const uint64_t result = lead(&life);
  if (dlclose(library) != 0) give_up(plugin, dlerror());
  if (floating_mode() != mode) give_up(plugin, "the floating-point mode is another one afterwards");
  library = dlopen(plugin, RTLD_NOW | RTLD_NOLOAD);
  if (library != NULL) give_up(plugin, "it is still there after dlclose");
  return result;
}

static void print(const char *when, const struct usage *usage) {
  printf("%s: %ld pages, %ld mappings, %ld descriptors, %ld threads\n", when, usage->pages, usage->mappings,
         usage->descriptors, usage->threads);
}

int main(int count, char **arguments) {
  if (count != 3) give_up("usage", "reload <plugin> <rounds>");
  const int rounds = atoi(arguments[2]);
  uint64_t first = 0;
  struct usage warm = {0};
  for (int i = 0; i < WARM_UP + rounds; i++) {
    const uint64_t result = one_round(arguments[1], i % 10 == 9 ? 3 : 1);
    if (i == 0) first = result;
    if (result != first) give_up("a later life", "has other results");
    if (i == WARM_UP - 1) warm = measure();
  }
  const struct usage end = measure();
  print("after warming up", &warm);
  print("at the end", &end);
  if (end.mappings > warm.mappings || end.descriptors > warm.descriptors || end.threads > warm.threads ||
      end.pages > warm.pages + SLACK_PAGES)
    give_up(arguments[1], "something stays behind");
  return EXIT_SUCCESS;
}
