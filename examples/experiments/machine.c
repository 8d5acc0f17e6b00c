/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/system.h"
#include "common/words.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown compiler"
#endif

/* The value of the first line of /proc/cpuinfo that begins so, of `length` characters; NULL: there is none. */
static const char *find(const char *text, const char *beginning, size_t *length) {
  for (const char *at = text; *at;) {
    size_t line = strcspn(at, "\n"), colon = strcspn(at, ":\n");
    if (strncmp(at, beginning, strlen(beginning)) == 0 && colon + 2 < line) {
      *length = line - colon - 2;
      return at + colon + 2;
    }
    at += line + (at[line] == '\n');
  }
  return NULL;
}

char *machine_describe(void) {
  struct words text = {NULL, 0, 0};
  struct example_error error = {""};
  size_t length = strlen("unknown processor");
  const char *processor = NULL, *info = thalnet_build_info();
  if (words_read_file(&text, "/proc/cpuinfo", 64 << 20, &error) == 0)
    processor = find(words_string(&text), "model name", &length);
  if (!processor) processor = "unknown processor";
  char *line = words_print("%.*s, %ld cores; %s; thalnet %s %s", (int)length, processor, example_cores(), COMPILER,
                           thalnet_version_text(), info);
  words_free(&text);
  return line;
}
