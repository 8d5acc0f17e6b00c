/* SPDX-License-Identifier: MIT */
/* The idx and idx.gz reader of the examples against good, careless and hostile files, all written here at run time. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "common/idx.h"

enum { BUFFER = 64 * 1024, SIDE = 28, LABEL_HEADER = 8 };

struct bytes {
  size_t size;
  uint8_t data[BUFFER];
};

static const struct example_idx_shape image_shape = {3, 60000, SIDE, SIDE}, label_shape = {1, 60000, 1, 1};
static char folder[64], path[128];

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/thalnet_idx_XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/file.gz", folder); /* the name must not matter */
}

static void remove_folder(void) {
  unlink(path);
  rmdir(folder);
}

static void save(const void *data, size_t size) {
  unlink(path);
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(data, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

static void append_number(struct bytes *bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes->data[bytes->size++] = (uint8_t)(number >> shift);
}

/* An idx file with these dimensions and as many values as are asked for, which are 0, 1, .. 9, 0, .. */
static struct bytes *make_idx(uint32_t magic, const uint32_t *dimensions, uint32_t rank, size_t values) {
  struct bytes *bytes = calloc(1, sizeof *bytes);
  ck_assert_ptr_nonnull(bytes);
  append_number(bytes, magic);
  for (uint32_t i = 0; i < rank; i++) append_number(bytes, dimensions[i]);
  for (size_t i = 0; i < values; i++) bytes->data[bytes->size++] = (uint8_t)(i % 10);
  return bytes;
}

static struct bytes *make_images(uint32_t count) {
  uint32_t dimensions[3] = {count, SIDE, SIDE};
  return make_idx(0x803, dimensions, 3, (size_t)count * SIDE * SIDE);
}

static struct bytes *make_labels(uint32_t count) { return make_idx(0x801, &count, 1, count); }

/* Adds a gzip member with this content. */
static void append_gzip(struct bytes *bytes, const void *data, size_t size) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)data;
  stream.avail_in = (uInt)size;
  stream.next_out = bytes->data + bytes->size;
  stream.avail_out = (uInt)(BUFFER - bytes->size);
  ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes->size = BUFFER - stream.avail_out;
  deflateEnd(&stream);
}

static struct bytes *make_gzip(const struct bytes *plain) {
  struct bytes *packed = calloc(1, sizeof *packed);
  ck_assert_ptr_nonnull(packed);
  append_gzip(packed, plain->data, plain->size);
  return packed;
}

static long peak_kilobytes(void) {
  struct rusage usage;
  ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_maxrss;
}

/* The file must be refused, the text must name the path and hold `words`, and nothing may be left in the result. */
static void refuse(const struct example_idx_shape *shape, const char *words) {
  struct example_idx idx = {{7, 7, 7}, 7, NULL};
  struct example_error error = {""};
  ck_assert_int_eq(example_idx_read(path, shape, &idx, &error), -1);
  ck_assert_msg(strstr(error.text, path) && strstr(error.text, words), "'%s' lacks '%s'", error.text, words);
  ck_assert_ptr_null(strchr(error.text, '\n'));
  ck_assert_ptr_null(idx.values);
  ck_assert_uint_eq(idx.count, 0);
}

static void accept(const struct example_idx_shape *shape, uint32_t items, uint32_t side) {
  struct example_idx idx;
  struct example_error error = {""};
  ck_assert_msg(example_idx_read(path, shape, &idx, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(idx.dimensions[0], items);
  ck_assert_uint_eq(idx.dimensions[1], side);
  ck_assert_uint_eq(idx.dimensions[2], side);
  ck_assert_uint_eq(idx.count, (size_t)items * side * side);
  size_t wrong = 0;
  for (size_t i = 0; i < idx.count; i++) wrong += idx.values[i] != i % 10;
  ck_assert_uint_eq(wrong, 0);
  example_idx_free(&idx);
  ck_assert_ptr_null(idx.values);
}

/* --- good files ------------------------------------------------------------------------------------------------------ */

START_TEST(plain_and_gzip_are_read_whatever_the_name) {
  struct bytes *images = make_images(5), *labels = make_labels(60), *packed = make_gzip(images);
  save(images->data, images->size);
  accept(&image_shape, 5, SIDE);
  save(packed->data, packed->size);
  accept(&image_shape, 5, SIDE);
  save(labels->data, labels->size);
  accept(&label_shape, 60, 1);
  free(images);
  free(labels);
  free(packed);
}
END_TEST

START_TEST(two_members_are_one_file) {
  struct bytes *images = make_images(5);
  for (size_t cut = 0; cut <= images->size; cut += cut < 20 ? 1 : 97) { /* also within the header, and empty members */
    struct bytes packed = {0, {0}};
    append_gzip(&packed, images->data, cut);
    append_gzip(&packed, images->data + cut, images->size - cut);
    save(packed.data, packed.size);
    accept(&image_shape, 5, SIDE);
  }
  free(images);
}
END_TEST

/* --- files that were cut off, damaged, or added to ------------------------------------------------------------------- */

START_TEST(every_truncation_is_refused) {
  struct bytes *labels = make_labels(300), *packed = make_gzip(labels);
  for (size_t size = 1; size < labels->size; size++) {
    save(labels->data, size);
    refuse(&label_shape, "the file ends");
  }
  for (size_t size = 1; size < packed->size; size++) {
    save(packed->data, size);
    refuse(&label_shape, "ends");
  }
  free(labels);
  free(packed);
}
END_TEST

/* Some bits say nothing: the time, the level, what fills up the last byte. All others must be found. */
START_TEST(every_flipped_bit_of_a_gzip_file_is_found_or_harmless) {
  struct bytes *labels = make_labels(300), *packed = make_gzip(labels);
  for (size_t bit = 0; bit < packed->size * 8; bit++) {
    struct example_idx idx;
    struct example_error error;
    packed->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    save(packed->data, packed->size);
    if (example_idx_read(path, &label_shape, &idx, &error) == 0) {
      ck_assert(idx.count == 300 && memcmp(idx.values, labels->data + LABEL_HEADER, 300) == 0);
      example_idx_free(&idx);
    }
    packed->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  free(labels);
  free(packed);
}
END_TEST

START_TEST(checksum_and_length_are_checked) {
  struct bytes *labels = make_labels(300), *packed = make_gzip(labels);
  packed->data[packed->size - 5] ^= 1;
  save(packed->data, packed->size);
  refuse(&label_shape, "damaged (incorrect data check)");
  packed->data[packed->size - 5] ^= 1;
  packed->data[packed->size - 1] ^= 1;
  save(packed->data, packed->size);
  refuse(&label_shape, "damaged (incorrect length check)");
  free(labels);
  free(packed);
}
END_TEST

START_TEST(bytes_behind_the_data_are_refused) {
  static const uint8_t tails[][4] = {{0, 0, 0, 0}, {'j', 'u', 'n', 'k'}, {0x1f, 0, 0, 0}, {0x1f, 0x8b, 8, 0}};
  struct bytes *labels = make_labels(300), *packed = make_gzip(labels);
  for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
    for (size_t size = 1; size <= 4; size++) {
      memcpy(packed->data + packed->size, tails[i], size);
      save(packed->data, packed->size + size);
      refuse(&label_shape, i == 3 && size > 1 ? "ends too early" : "bytes follow the compressed data");
    }
  }
  labels->data[labels->size++] = 0; /* one value too many, plain and packed */
  save(labels->data, labels->size);
  refuse(&label_shape, "bytes follow the 300 values");
  free(packed);
  packed = make_gzip(labels);
  save(packed->data, packed->size);
  refuse(&label_shape, "bytes follow the 300 values");
  labels->size -= 2; /* one too few */
  save(labels->data, labels->size);
  refuse(&label_shape, "299 values of 300");
  free(labels);
  free(packed);
}
END_TEST

/* --- files that are something else ----------------------------------------------------------------------------------- */

START_TEST(gzip_inside_gzip_is_named) {
  struct bytes *labels = make_labels(300), *once = make_gzip(labels), *twice = make_gzip(once);
  save(twice->data, twice->size);
  refuse(&label_shape, "gzip data inside gzip data");
  free(labels);
  free(once);
  free(twice);
}
END_TEST

START_TEST(other_files_are_named) {
  static const char page[] = "<!DOCTYPE html><html><body>404</body></html>", words[] = "hello, world";
  save("", 0);
  refuse(&label_shape, "empty");
  struct bytes nothing = {0, {0}}, *packed = make_gzip(&nothing);
  save(packed->data, packed->size); /* an empty file, packed */
  refuse(&label_shape, "ends inside its header");
  free(packed);
  save(page, sizeof page - 1);
  refuse(&label_shape, "web page");
  save(words, sizeof words - 1);
  refuse(&label_shape, "text");
  save("ab\1\1", 4); /* begins like one */
  refuse(&label_shape, "starts with 61 62, not 00 00");
  save("\0a\1\1", 4);
  refuse(&label_shape, "starts with 00 61, not 00 00");
  save("\x7f"
       "ELF\2\1\1",
       7);
  refuse(&label_shape, "not an idx file");
  save("\1\0\0\0\0\0\0\0", 8); /* the magic in the other byte order */
  refuse(&label_shape, "not an idx file");
}
END_TEST

START_TEST(what_is_no_file_is_refused) {
  unlink(path);
  refuse(&label_shape, "No such file");
  ck_assert_int_eq(mkdir(path, 0777), 0);
  refuse(&label_shape, "not a regular file");
  ck_assert_int_eq(rmdir(path), 0);
  ck_assert_int_eq(mkfifo(path, 0666), 0); /* nobody writes: this must not wait */
  refuse(&label_shape, "not a regular file");
  unlink(path);
  ck_assert_int_eq(symlink(path, path), 0);
  refuse(&label_shape, "ymbolic link");
  unlink(path);
  ck_assert_int_eq(symlink("/dev/zero", path), 0);
  refuse(&label_shape, "not a regular file");
}
END_TEST

/* --- headers that lie ------------------------------------------------------------------------------------------------ */

START_TEST(labels_and_images_are_not_mixed_up) {
  struct bytes *images = make_images(2), *labels = make_labels(3000);
  save(images->data, images->size);
  refuse(&label_shape, "images");
  save(labels->data, labels->size);
  refuse(&image_shape, "labels");
  free(images);
  free(labels);
}
END_TEST

START_TEST(types_and_ranks_are_checked) {
  static const uint32_t magics[] = {0x0901, 0x0d01, 0x0001, 0xff01, 0x0800, 0x0802, 0x08ff, 0x08000801, 0x00010801};
  uint32_t one = 1;
  for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
    struct bytes *bytes = make_idx(magics[i], &one, 1, 1);
    save(bytes->data, bytes->size);
    refuse(&label_shape, i < 4 ? "type" : i < 7 ? "rank" : "not an idx file");
    free(bytes);
  }
}
END_TEST

START_TEST(dimensions_are_checked_before_anything_is_read) {
  static const struct {
    uint32_t dimensions[3];
    const char *words;
  } lies[] = {
      {{0, SIDE, SIDE}, "0 items"},
      {{60001, SIDE, SIDE}, "60001 items; at most 60000"},
      {{UINT32_MAX, SIDE, SIDE}, "4294967295 items"},
      {{1, 0, SIDE}, "0 x 28 pixels"},
      {{1, SIDE, 0}, "28 x 0 pixels"},
      {{1, 29, 28}, "29 x 28 pixels, not 28 x 28"},
      {{1, 0x10000, 0x10000}, "65536 x 65536 pixels"},
      {{0x8000, 0x80000000, 0x80000000}, "pixels"},
      {{1, UINT32_MAX, UINT32_MAX}, "4294967295 x 4294967295 pixels"},
      {{60000, SIDE, SIDE}, "the file ends too early: 20 values of 47040000"},
  };
  long before = peak_kilobytes();
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    struct bytes *bytes = make_idx(0x803, lies[i].dimensions, 3, 20);
    save(bytes->data, bytes->size);
    refuse(&image_shape, lies[i].words);
    free(bytes);
  }
  ck_assert_int_lt(peak_kilobytes() - before, 8 * 1024);
}
END_TEST

/* 10 MB that would inflate to 10 GB: a block of zeros that ends on a byte and refers to nothing before it, many times. */
START_TEST(a_bomb_is_left_alone_after_what_its_header_promised) {
  enum { BLOCK = 1 << 20, BLOCKS = 10000 };
  struct bytes *packed = calloc(1, sizeof *packed), *header = make_idx(0x801, &(uint32_t){60000}, 1, 0);
  uint8_t *zeros = calloc(1, BLOCK);
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  ck_assert(packed && zeros && deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_out = packed->data;
  stream.avail_out = BUFFER;
  stream.next_in = header->data;
  stream.avail_in = (uInt)header->size;
  ck_assert_int_eq(deflate(&stream, Z_FULL_FLUSH), Z_OK);
  size_t start = BUFFER - stream.avail_out;
  stream.next_in = zeros;
  stream.avail_in = BLOCK;
  ck_assert_int_eq(deflate(&stream, Z_FULL_FLUSH), Z_OK);
  size_t end = BUFFER - stream.avail_out;
  deflateEnd(&stream);
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  fwrite(packed->data, 1, start, file);
  for (int i = 0; i < BLOCKS; i++) fwrite(packed->data + start, 1, end - start, file);
  ck_assert_int_eq(fclose(file), 0);

  long before = peak_kilobytes();
  clock_t began = clock();
  refuse(&label_shape, "bytes follow the 60000 values");
  ck_assert_int_lt(peak_kilobytes() - before, 8 * 1024);
  ck_assert_int_lt(clock() - began, CLOCKS_PER_SEC);
  free(packed);
  free(header);
  free(zeros);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("idx");
  TCase *cases = tcase_create("idx");
  tcase_add_checked_fixture(cases, make_folder, remove_folder);
  tcase_add_test(cases, plain_and_gzip_are_read_whatever_the_name);
  tcase_add_test(cases, two_members_are_one_file);
  tcase_add_test(cases, every_truncation_is_refused);
  tcase_add_test(cases, every_flipped_bit_of_a_gzip_file_is_found_or_harmless);
  tcase_add_test(cases, checksum_and_length_are_checked);
  tcase_add_test(cases, bytes_behind_the_data_are_refused);
  tcase_add_test(cases, gzip_inside_gzip_is_named);
  tcase_add_test(cases, other_files_are_named);
  tcase_add_test(cases, what_is_no_file_is_refused);
  tcase_add_test(cases, labels_and_images_are_not_mixed_up);
  tcase_add_test(cases, types_and_ranks_are_checked);
  tcase_add_test(cases, dimensions_are_checked_before_anything_is_read);
  tcase_add_test(cases, a_bomb_is_left_alone_after_what_its_header_promised);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
