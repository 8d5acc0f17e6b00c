/* SPDX-License-Identifier: MIT */
#include "common/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *must(void *memory) {
  if (memory) return memory;
  example_complain("example", "no memory");
  exit(EXAMPLE_EXIT_FAILURE);
}

static void reserve(struct words *text, size_t more) {
  size_t needed = text->length + more + 1;
  if (needed <= text->room) return;
  text->room = needed < 256 ? 256 : 2 * needed;
  text->bytes = must(realloc(text->bytes, text->room));
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 0))) /* the arguments were checked where they were written */
#endif
static void
add_formatted(struct words *text, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (length > 0) {
    reserve(text, (size_t)length);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
}

void words_add(struct words *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add_formatted(text, format, arguments);
  va_end(arguments);
}

void words_add_bytes(struct words *text, const char *bytes, size_t count) {
  reserve(text, count);
  if (count) memcpy(text->bytes + text->length, bytes, count);
  text->length += count;
  text->bytes[text->length] = '\0';
}

void words_free(struct words *text) {
  free(text->bytes);
  memset(text, 0, sizeof *text);
}

const char *words_string(const struct words *text) { return text->bytes ? text->bytes : ""; }

char *words_print(const char *format, ...) {
  struct words text = {NULL, 0, 0};
  va_list arguments;
  va_start(arguments, format);
  reserve(&text, 0);
  text.bytes[0] = '\0';
  add_formatted(&text, format, arguments);
  va_end(arguments);
  return text.bytes;
}

char *words_copy(const char *bytes, size_t count) {
  char *copy = must(malloc(count + 1));
  memcpy(copy, bytes, count);
  copy[count] = '\0';
  return copy;
}

void *array_grow(void *array, size_t count, size_t size) {
  char *bytes = must(realloc(array, (count + 1) * size)); /* lists here are short */
  memset(bytes + count * size, 0, size);
  return bytes;
}

/* --- files ----------------------------------------------------------------------------------------------------------- */

int words_read_file(struct words *text, const char *path, size_t limit, struct example_error *error) {
  char block[16 * 1024];
  FILE *file = fopen(path, "rb");
  if (!file && errno == ENOENT) return 1;
  if (!file) return example_fail(error, "%.700s: %s", path, strerror(errno));
  size_t before = text->length, count;
  while ((count = fread(block, 1, sizeof block, file)) > 0 && text->length - before <= limit)
    words_add_bytes(text, block, count);
  int failed = ferror(file), reason = errno;
  fclose(file);
  if (failed) return example_fail(error, "%.700s: %s", path, strerror(reason));
  if (text->length - before > limit) return example_fail(error, "%.700s: more than %zu bytes", path, limit);
  return 0;
}

static int write_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    bytes += written;
    count -= (size_t)written;
  }
  return 0;
}

int words_write_file(const char *path, const struct words *text, struct example_error *error) {
  char *part = words_print("%s.part", path);
  int descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int failed = descriptor < 0 || write_all(descriptor, words_string(text), text->length) || fsync(descriptor);
  int reason = errno;
  if (descriptor >= 0 && close(descriptor) && !failed) {
    failed = 1;
    reason = errno;
  }
  if (!failed && rename(part, path)) {
    failed = 1;
    reason = errno;
  }
  if (failed && descriptor >= 0) unlink(part);
  free(part);
  return failed ? example_fail(error, "%.700s: %s", path, strerror(reason)) : 0;
}
