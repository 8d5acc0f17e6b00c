/* SPDX-License-Identifier: MIT */
/* Files to be whose sizes are beyond what there is: refused when they are measured, before anything is read or written. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/status.h"
#include "io/host_files.h"
#include "io/image.h"
#include "io/run.h"

static char *note; /* in the header */

/* Blocks of these sizes, which nobody may read; 0: there are no more. */
struct promise {
  size_t counts[3];
};

static void describe(const void *subject, thalnet__text *text, size_t *checksum) {
  (void)subject;
  thalnet__text_add(text, "\"thalnet.checksum\":\"");
  *checksum = text->used;
  thalnet__text_add(text, "00000000\"");
  if (note) {
    thalnet__text_add(text, note);
  }
  thalnet__text_add(text, "}");
}

static const real *block(const void *subject, size_t number, size_t *count) {
  static const real nothing[1];
  *count = ((const struct promise *)subject)->counts[number];
  return *count > 0 ? nothing : NULL;
}

START_TEST(sizes_that_do_not_fit) {
  const size_t most = SIZE_MAX / 4; /* numbers of four bytes */
  const struct {
    struct promise promise;
    thalnet_status status;
  } list[] = {{{{SIZE_MAX, 2, 0}}, THALNET_ERROR_OVERFLOW},
              {{{SIZE_MAX - 1, 1, 0}}, THALNET_ERROR_OVERFLOW},
              {{{most + 1, 0, 0}}, THALNET_ERROR_OVERFLOW},
              {{{most, 1, 0}}, THALNET_ERROR_OVERFLOW},
              {{{most, 0, 0}}, THALNET_ERROR_OVERFLOW},
              {{{most - 15, 0, 0}}, THALNET_ERROR_OVERFLOW},
              {{{most / 2, most / 2 - 63, 0}}, THALNET_OK},
              {{{most - 16, 0, 0}}, THALNET_OK},
              {{{SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, 0}}, THALNET_ERROR_OVERFLOW}};
  thalnet_memory memory;
  thalnet_io io;
  ck_assert_int_eq(thalnet__memory_init(&memory, NULL), THALNET_OK);
  ck_assert_int_eq(thalnet__io_init(&io, NULL), THALNET_OK);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    const thalnet__image image = {.memory = &memory, .subject = &list[i].promise, .describe = describe, .block = block};
    thalnet__header header;
    size_t size = 7;
    ck_assert_msg(thalnet__image_save_memory(&image, NULL, 0, &size) == list[i].status, "%zu: %s", i,
                  thalnet__error_text());
    if (list[i].status != THALNET_OK) {
      ck_assert_uint_eq(size, 7);
      ck_assert_int_eq(thalnet__image_save(&image, "never", &io), list[i].status);
      ck_assert_int_eq(thalnet__image_header(&image, &header), list[i].status);
    }
  }
  ck_assert_int_ne(access("never.tmp", F_OK), 0);
}
END_TEST

/* No header is written that nobody would read. */
START_TEST(headers_that_are_too_long) {
  const struct promise nothing = {{0}};
  const thalnet_memory none = {sizeof none, NULL, NULL, NULL};
  const thalnet__image image = {.memory = &none, .subject = &nothing, .describe = describe, .block = block};
  const size_t rest = sizeof "{\"__metadata__\":{\"thalnet.checksum\":\"00000000\"}}" - 1,
               most = THALNET__HEADER_LIMIT - 8;
  note = calloc(1, most);
  ck_assert_ptr_nonnull(note);
  memset(note, ' ', most - rest);
  for (int more = 0; more < 2; more++) { /* the header is filled up to where 64 bytes end */
    size_t size = 7;
    note[most - rest] = more ? ' ' : '\0';
    ck_assert_int_eq(thalnet__image_save_memory(&image, NULL, 0, &size), (more ? THALNET_ERROR_LIMIT : THALNET_OK));
    ck_assert_uint_eq(size, (more ? 7u : (size_t)THALNET__HEADER_LIMIT));
  }
  free(note);
  note = NULL;
}
END_TEST

int main(void) {
  const TTest *const tests[] = {sizes_that_do_not_fit, headers_that_are_too_long};
  return IO_RUN("image", tests);
}
