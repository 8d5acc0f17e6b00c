/* SPDX-License-Identifier: MIT */
/* Every truncation and every flipped bit of data files: refused, or read as what is there. test_idx.c does the same to packed ones of
 * labels. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../io/run.h"
#include "data_files.h"

/* Room for all colour images is asked for each time, which a sanitizer makes expensive: it looks at some places only. */
static size_t stride(int kind) { return kind == DATA_COLOURS && io_patience() > 1 ? 97 : 1; }

/* --- truncations ----------------------------------------------------------------------------------------------------- */

/* What may be read of the first bytes of a file; 0: it must be refused. */
static size_t whole_part(int kind, size_t size) {
  if (kind == DATA_COLOURS) {
    return size % DATA_RECORD == 0 ? size / DATA_RECORD : 0;
  }
  return kind == DATA_TEXT && size >= DATA_TEXT_LEAST ? size : 0;
}

static void truncate_everywhere(int kind) {
  char *path = strdup(data_write(kind));
  const struct data file = data_read_file(path);
  struct data whole, part;
  struct example_error error;
  ck_assert_msg(data_load(kind, &whole, &error) == 0, "%s", error.text);
  for (size_t size = 0; size < file.size; size++) {
    if (size % stride(kind) != 0 && size % DATA_RECORD > 1) {
      continue;
    }
    data_write_file(path, file.bytes, size);
    const int status = data_load(kind, &part, &error);
    ck_assert_msg((status == 0) == (whole_part(kind, size) > 0), "%zu bytes of %s: %s", size, data_names[kind],
                  error.text);
    if (status == 0 && kind == DATA_COLOURS) {
      ck_assert_uint_eq(part.size, whole.size - (DATA_RECORDS - whole_part(kind, size)) * DATA_RECORD);
    } else if (status == 0) {
      ck_assert(part.size == size && memcmp(part.bytes, file.bytes, size) == 0);
    }
    data_free(&part);
  }
  data_free(&whole);
  free(file.bytes);
  free(path);
}

START_TEST(every_truncation) {
  truncate_everywhere(DATA_LABELS);
  truncate_everywhere(DATA_COLOURS);
  truncate_everywhere(DATA_TEXT);
  truncate_everywhere(DATA_PACKED_TEXT);
}
END_TEST

/* --- flipped bits ---------------------------------------------------------------------------------------------------- */

/* Plain files have no checksum: other numbers, but as many of them. All bits of a byte of each `every`, one of the others. */
static void flip_everywhere(int kind, size_t every) {
  char *path = strdup(data_write(kind));
  const struct data file = data_read_file(path);
  struct data whole, other;
  struct example_error error;
  int read = 0, refused = 0;
  ck_assert_msg(data_load(kind, &whole, &error) == 0, "%s", error.text);
  for (size_t bit = 0; bit < 8 * file.size; bit++) {
    const size_t at = bit / 8;
    if (at % every != 0 && (bit % 8 != at % 8 || at % stride(kind) != 0)) {
      continue;
    }
    file.bytes[at] ^= (uint8_t)(1u << bit % 8);
    data_write_file(path, file.bytes, file.size);
    file.bytes[at] ^= (uint8_t)(1u << bit % 8);
    if (data_load(kind, &other, &error) == 0) {
      ck_assert_msg(other.size == whole.size, "bit %zu of %s: %zu values for %zu", bit, data_names[kind], other.size,
                    whole.size);
      ck_assert_msg(kind != DATA_PACKED_TEXT || data_same(&whole, &other), "bit %zu of %s is not seen", bit,
                    data_names[kind]);
      read++;
    } else {
      refused++;
    }
    data_free(&other);
  }
  ck_assert(read > 0 && (refused > 0 || kind == DATA_TEXT)); /* any bytes are a text */
  data_free(&whole);
  free(file.bytes);
  free(path);
}

START_TEST(every_flipped_bit) {
  flip_everywhere(DATA_LABELS, 1);
  flip_everywhere(DATA_COLOURS, DATA_RECORD);
  flip_everywhere(DATA_TEXT, 1);
  flip_everywhere(DATA_PACKED_TEXT, 1);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_truncation, every_flipped_bit};
  return IO_RUN_BETWEEN("reader_damage", tests, data_begin, data_end);
}
