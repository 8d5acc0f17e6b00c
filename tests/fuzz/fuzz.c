/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fuzz_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("fuzz: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  abort();
}

thalnet_status fuzz_status(thalnet_status status, const char *call) {
  if (status == THALNET_OK) return status;
  if (strcmp(thalnet_status_name(status), thalnet_status_name(12345)) == 0) fuzz_fail("%s: %d", call, (int)status);
  if (!support_text_is_good(thalnet_error_text())) fuzz_fail("%s: error text '%s'", call, thalnet_error_text());
  return status;
}

void fuzz_success(thalnet_status status, const char *call) {
  if (status != THALNET_OK) fuzz_fail("%s: %s (%s)", call, thalnet_status_name(status), thalnet_error_text());
}

/* --- memory ----------------------------------------------------------------------------------------------------------- */

void fuzz_memory_start(struct fuzz_memory *memory, size_t most) {
  memset(memory, 0, sizeof *memory);
  memory->counts.most = most;
  memory->hooks = support_memory_hooks(&memory->counts);
}

void fuzz_memory_end(const struct fuzz_memory *memory, const char *what) {
  const long live = atomic_load(&memory->counts.live), wrong = atomic_load(&memory->counts.wrong);
  if (live != 0) fuzz_fail("%s: %ld blocks of memory are not given back", what, live);
  if (wrong != 0) fuzz_fail("%s: %ld requests or releases with a wrong size or alignment", what, wrong);
}

/* --- input ------------------------------------------------------------------------------------------------------------ */

uint8_t fuzz_byte(struct fuzz_input *input) {
  if (input->size == 0) return 0;
  input->size--;
  return *input->bytes++;
}

unsigned fuzz_number(struct fuzz_input *input) {
  const unsigned low = fuzz_byte(input);
  return low | (unsigned)fuzz_byte(input) << 8;
}

unsigned fuzz_below(struct fuzz_input *input, unsigned bound) { return fuzz_byte(input) % bound; }

/* --- files ------------------------------------------------------------------------------------------------------------ */

/* A template for mkstemp and mkdtemp, where files are not written to a disk if that can be helped. */
static void put_template(char path[256]) {
  const char *chosen = getenv("TMPDIR");
  if (chosen == NULL || chosen[0] == 0) chosen = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  if (snprintf(path, 256, "%s/thalnet_fuzz_XXXXXX", chosen) >= 256) fuzz_fail("TMPDIR is too long");
}

static int open_nameless(void) {
  char name[256];
  put_template(name);
  const int descriptor = mkstemp(name);
  if (descriptor < 0) fuzz_fail("%s cannot be made", name);
  unlink(name);
  return descriptor;
}

const char *fuzz_file(const void *bytes, size_t size) {
  static int descriptor = -1;
  static char path[64];
  if (descriptor < 0) {
    descriptor = open_nameless();
    snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
  }
  /* where opening such a path is but a dup the place in the file is shared */
  if (ftruncate(descriptor, 0) || pwrite(descriptor, bytes, size, 0) != (ssize_t)size || lseek(descriptor, 0, SEEK_SET))
    fuzz_fail("the temporary file cannot be written");
  return path;
}

static char folder[256];

static void remove_folder(void) { rmdir(folder); }

const char *fuzz_folder(void) {
  if (folder[0] == 0) {
    put_template(folder);
    if (mkdtemp(folder) == NULL) fuzz_fail("%s cannot be made", folder);
    atexit(remove_folder);
  }
  return folder;
}
