/* SPDX-License-Identifier: MIT */
/* What all fuzz targets share. A target is one function from bytes to nothing, LLVMFuzzerTestOneInput. Built for fuzzing,
 * libFuzzer calls it; built as a test, replay.c calls it with the inputs of a folder. A finding ends the process: what a
 * sanitizer reports, and what fuzz_fail is told. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/thalnet.h>

#include "../api/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Says what is wrong in one line, and aborts. */
void fuzz_fail(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2), noreturn))
#endif
    ;

/* --- what every call owes ------------------------------------------------------------------------------------------- */

/* A status that exists; after an error a text of one line. Gives it back. */
thalnet_status fuzz_status(thalnet_status status, const char *call);
#define FUZZ_CALL(call) fuzz_status((call), #call)
/* The same, and it succeeds. */
void fuzz_success(thalnet_status status, const char *call);
#define FUZZ_OK(call) fuzz_success((call), #call)

/* --- memory ----------------------------------------------------------------------------------------------------------- */

/* More than that at once is refused, and is a finding where nothing justifies it. */
enum { FUZZ_MEMORY_MOST = 16 << 20 };

/* Memory for a center, capped. The structures live as long as whatever was made with them. */
struct fuzz_memory {
  struct support_memory counts;
  thalnet_memory hooks;
};
void fuzz_memory_start(struct fuzz_memory *memory, size_t most);
/* Everything was given back, as it was taken. */
void fuzz_memory_end(const struct fuzz_memory *memory, const char *what);

/* --- input ------------------------------------------------------------------------------------------------------------ */

/* Takes bytes from the front; 0 where none are left. */
struct fuzz_input {
  const uint8_t *bytes;
  size_t size;
};
uint8_t fuzz_byte(struct fuzz_input *input);
unsigned fuzz_number(struct fuzz_input *input); /* of two bytes, the lower one first */
unsigned fuzz_below(struct fuzz_input *input, unsigned bound);

/* --- files ------------------------------------------------------------------------------------------------------------ */

/* The path of a file with these bytes, for readers that want one. There is one such file, without a name in any folder:
 * the next call writes the same. */
const char *fuzz_file(const void *bytes, size_t size);
/* A folder of this process, removed at its end if it is empty. */
const char *fuzz_folder(void);

#endif
