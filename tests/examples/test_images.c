/* SPDX-License-Identifier: MIT */
/* MNIST's four files together: names, labels, and files that are mixed up; and what is done with the pixels. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mnist.h"
#include "common/views.h"

enum { TRAIN = 40, TEST = 10 };

static char folder[64];
static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                    "t10k-labels-idx1-ubyte",  "train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz"};
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES_DOTTED, TRAIN_LABELS_GZ, NAMES };

static const char *path_of(int name) {
  static char path[2][128];
  static int turn;
  turn = !turn;
  snprintf(path[turn], sizeof path[turn], "%s/%s", folder, names[name]);
  return path[turn];
}

static void put_number(FILE *file, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) fputc((int)(number >> shift & 255), file);
}

static void write_images(int name, uint32_t count, unsigned salt) {
  FILE *file = fopen(path_of(name), "wb");
  ck_assert_ptr_nonnull(file);
  put_number(file, 0x803);
  put_number(file, count);
  put_number(file, EXAMPLE_SIDE);
  put_number(file, EXAMPLE_SIDE);
  for (uint32_t i = 0; i < count; i++) {
    uint8_t pixels[EXAMPLE_PIXELS];
    for (uint32_t k = 0; k < EXAMPLE_PIXELS; k++) pixels[k] = (uint8_t)(((i * EXAMPLE_PIXELS + k) * 7 + salt) % 251);
    fwrite(pixels, 1, sizeof pixels, file);
  }
  ck_assert_int_eq(fclose(file), 0);
}

static void write_labels(int name, uint32_t count, int first) {
  FILE *file = fopen(path_of(name), "wb");
  ck_assert_ptr_nonnull(file);
  put_number(file, 0x801);
  put_number(file, count);
  for (uint32_t i = 0; i < count; i++) fputc(i == 0 ? first : (int)(i % 10), file);
  ck_assert_int_eq(fclose(file), 0);
}

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/thalnet_images_XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  write_images(TRAIN_IMAGES, TRAIN, 0);
  write_labels(TRAIN_LABELS, TRAIN, 0);
  write_images(TEST_IMAGES, TEST, 100);
  write_labels(TEST_LABELS, TEST, 0);
}

static void remove_folder(void) {
  for (int i = 0; i < NAMES; i++) unlink(path_of(i));
  rmdir(folder);
}

static void refuse(const char *words, const char *more) {
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_int_eq(example_load_mnist(folder, &data, &error), -1);
  example_image_data_free(&data);
  ck_assert_msg(strstr(error.text, words) && strstr(error.text, more), "'%s' lacks '%s' or '%s'", error.text, words,
                more);
}

static void accept(void) {
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_msg(example_load_mnist(folder, &data, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(data.train.count, TRAIN - TRAIN / 10);
  ck_assert_uint_eq(data.validation.count, TRAIN / 10);
  ck_assert_uint_eq(data.test.count, TEST);
  ck_assert_uint_eq(data.validation.labels[1], (TRAIN - TRAIN / 10 + 1) % 10);
  ck_assert_uint_eq(data.validation.pixels[0], (TRAIN - TRAIN / 10) * EXAMPLE_PIXELS * 7 % 251);
  example_image_data_free(&data);
  example_image_data_free(&data); /* nothing is left to free */
}

START_TEST(files_are_found_under_their_usual_names) {
  accept();
  ck_assert_int_eq(rename(path_of(TRAIN_IMAGES), path_of(TRAIN_IMAGES_DOTTED)), 0);
  ck_assert_int_eq(rename(path_of(TRAIN_LABELS), path_of(TRAIN_LABELS_GZ)), 0);
  accept();
}
END_TEST

START_TEST(missing_files_are_named) {
  for (int i = 0; i < 4; i++) {
    char kept[128];
    snprintf(kept, sizeof kept, "%s.kept", path_of(i));
    ck_assert_int_eq(rename(path_of(i), kept), 0);
    refuse(names[i], folder);
    ck_assert_int_eq(rename(kept, path_of(i)), 0);
  }
  remove_folder();
  for (int i = 0; i < 4; i++) refuse("No such file", folder);
}
END_TEST

/* A name that is there decides, even where it leads nowhere: the next one could be another set. */
START_TEST(names_that_are_there_decide) {
  char path[160];
  snprintf(path, sizeof path, "%s/train-images-idx3-ubyte.gz", folder);
  ck_assert_int_eq(symlink(path, path), 0);
  refuse("symbolic link", path);
  unlink(path);
  ck_assert_int_eq(mkdir(path, 0777), 0);
  refuse("not a regular file", path);
  rmdir(path);
  accept();
}
END_TEST

START_TEST(long_paths_are_refused) {
  static char deep[5000];
  struct example_image_data data;
  struct example_error error = {""};
  size_t length = strlen(folder);
  memcpy(deep, folder, length);
  memset(deep + length, '/', 4090 - length); /* still a folder's name, but not with a file's behind it */
  ck_assert_int_eq(example_load_mnist(deep, &data, &error), -1);
  example_image_data_free(&data);
  ck_assert_ptr_nonnull(strstr(error.text, "too long"));
}
END_TEST

START_TEST(held_out_images_are_the_last) {
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_int_eq(example_load_mnist(folder, &data, &error), 0);
  example_split_images(&data, 7);
  ck_assert_uint_eq(data.train.count, TRAIN - 7);
  ck_assert_uint_eq(data.validation.count, 7);
  ck_assert_ptr_eq(data.validation.pixels, data.stored.pixels + (TRAIN - 7) * EXAMPLE_PIXELS);
  example_image_data_free(&data);
}
END_TEST

START_TEST(labels_are_digits) {
  static const int wrong[] = {10, 11, 128, 255};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    char words[32];
    snprintf(words, sizeof words, "label 0 is %d,", wrong[i]);
    write_labels(TEST_LABELS, TEST, wrong[i]);
    refuse(words, names[TEST_LABELS]);
  }
  write_labels(TEST_LABELS, TEST, 9);
  accept();
}
END_TEST

START_TEST(images_and_labels_fit_together) {
  write_labels(TRAIN_LABELS, TRAIN - 1, 0);
  refuse("40 images", "39 labels");
  write_labels(TRAIN_LABELS, TRAIN, 0);
  write_images(TEST_IMAGES, TEST + 1, 100);
  refuse("11 images", "10 labels");
}
END_TEST

START_TEST(mixed_up_sets_are_found) {
  write_labels(TRAIN_IMAGES, TRAIN, 0); /* labels under the name of the images */
  refuse("mixed up", names[TRAIN_IMAGES]);
  write_images(TRAIN_IMAGES, TEST, 100); /* training and test files exchanged */
  write_labels(TRAIN_LABELS, TEST, 0);
  write_images(TEST_IMAGES, TRAIN, 0);
  write_labels(TEST_LABELS, TRAIN, 0);
  refuse("10 training images but 40 test images", "mixed up");
  write_images(TRAIN_IMAGES, TRAIN, 0); /* the training set under both names */
  write_labels(TRAIN_LABELS, TRAIN, 0);
  refuse("the test images are the training images", "mixed up");
}
END_TEST

START_TEST(too_few_images_cannot_be_split) {
  write_images(TRAIN_IMAGES, 9, 0);
  write_labels(TRAIN_LABELS, 9, 0);
  write_images(TEST_IMAGES, 9, 1);
  write_labels(TEST_LABELS, 9, 0);
  refuse("9 training images are too few", folder);
}
END_TEST

START_TEST(the_last_5000_of_60000_are_for_validation) {
  struct example_image_data data;
  struct example_error error = {""};
  write_images(TRAIN_IMAGES, 60000, 0);
  write_labels(TRAIN_LABELS, 60000, 0);
  ck_assert_msg(example_load_mnist(folder, &data, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(data.train.count, 55000);
  ck_assert_uint_eq(data.validation.count, 5000);
  ck_assert_ptr_eq(data.validation.labels, data.train.labels + 55000);
  example_image_data_free(&data);
}
END_TEST

/* --- pixels ---------------------------------------------------------------------------------------------------------- */

START_TEST(permutations_move_every_pixel_of_every_image_alike) {
  struct example_image_data plain, moved, other;
  struct example_error error;
  ck_assert_int_eq(example_load_mnist(folder, &plain, &error), 0);
  ck_assert_int_eq(example_load_mnist(folder, &moved, &error), 0);
  ck_assert_int_eq(example_load_mnist(folder, &other, &error), 0);
  /* The first training image tells its columns apart, the first test image its rows, both together all pixels. */
  for (size_t i = 0; i < EXAMPLE_PIXELS; i++) {
    plain.stored.pixels[i] = moved.stored.pixels[i] = (uint8_t)(i % EXAMPLE_SIDE);
    plain.test.pixels[i] = moved.test.pixels[i] = (uint8_t)(i / EXAMPLE_SIDE);
  }
  ck_assert_int_eq(example_permute_pixels(&moved, 0, &error), 0);
  ck_assert_mem_eq(plain.stored.pixels, moved.stored.pixels, TRAIN * EXAMPLE_PIXELS);
  ck_assert_int_eq(example_permute_pixels(&moved, 1, &error), 0);
  ck_assert_int_eq(example_permute_pixels(&other, 2, &error), 0);
  size_t seen = 0, stayed = 0;
  char found[EXAMPLE_PIXELS] = {0};
  for (size_t i = 0; i < EXAMPLE_PIXELS; i++) {
    size_t from = moved.test.pixels[i] * (size_t)EXAMPLE_SIDE + moved.stored.pixels[i];
    seen += !found[from];
    found[from] = 1;
    stayed += from == i;
    size_t second = EXAMPLE_PIXELS + i; /* in the next image the same pixel comes here */
    ck_assert_uint_eq(moved.stored.pixels[second], plain.stored.pixels[EXAMPLE_PIXELS + from]);
  }
  ck_assert_uint_eq(seen, EXAMPLE_PIXELS);
  ck_assert_uint_lt(stayed, 10);
  ck_assert_mem_ne(moved.stored.pixels + EXAMPLE_PIXELS, other.stored.pixels + EXAMPLE_PIXELS, EXAMPLE_PIXELS);
  example_image_data_free(&plain);
  example_image_data_free(&moved);
  example_image_data_free(&other);
}
END_TEST

/* --- views -------------------------------------------------------------------------------------------------------------- */

enum { IMAGES = 2, ROWS = 5, COLUMNS = 6, VALUES = 3, ROW = COLUMNS * VALUES };

/* A value that tells where it is: image, row and value of the row. */
static float place(size_t image, size_t row, size_t value) { return (float)(image * 10000 + row * 100 + value + 1); }

static void fill_images(float images[IMAGES * ROWS * ROW]) {
  for (size_t i = 0; i < IMAGES; i++)
    for (size_t r = 0; r < ROWS; r++)
      for (size_t k = 0; k < ROW; k++) *images++ = place(i, r, k);
}

START_TEST(rows_take_turns) {
  float images[IMAGES * ROWS * ROW], seen[IMAGES * ROWS * ROW];
  fill_images(images);
  for (size_t turn = 0; turn < 3; turn++) {
    const struct example_view view = example_view_turn(ROW, turn, 3);
    example_view_copy(&view, images, IMAGES, ROWS, ROW, seen);
    for (size_t i = 0; i < IMAGES; i++)
      for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < ROW; k++)
          ck_assert_float_eq(seen[(i * ROWS + r) * ROW + k], r % 3 == turn ? place(i, r, k) : 0.0f);
  }
}
END_TEST

START_TEST(slices_share_the_columns) {
  float images[IMAGES * ROWS * ROW], seen[IMAGES * ROWS * ROW];
  /* 4 slices of 6 columns: 0, 1-2, 3, 4-5; with one more on either side where there is one */
  const size_t first[4] = {0, 0, 2, 3}, end[4] = {2, 4, 5, 6};
  fill_images(images);
  for (size_t slice = 0; slice < 4; slice++) {
    const struct example_view view = example_view_slice(COLUMNS, VALUES, slice, 4, 1);
    ck_assert_uint_eq(view.first, first[slice] * VALUES);
    ck_assert_uint_eq(view.count, (end[slice] - first[slice]) * VALUES);
    example_view_copy(&view, images, IMAGES, ROWS, ROW, seen);
    for (size_t i = 0; i < IMAGES; i++)
      for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < view.count; k++)
          ck_assert_float_eq(seen[(i * ROWS + r) * view.count + k], place(i, r, view.first + k));
  }
}
END_TEST

START_TEST(slices_without_overlap_have_each_column_once) {
  for (size_t n = 1; n <= COLUMNS; n++) {
    size_t next = 0;
    for (size_t slice = 0; slice < n; slice++) {
      const struct example_view view = example_view_slice(COLUMNS, VALUES, slice, n, 0);
      ck_assert_uint_eq(view.first, next);
      ck_assert_uint_gt(view.count, 0);
      next += view.count;
    }
    ck_assert_uint_eq(next, ROW);
  }
}
END_TEST

START_TEST(the_largest_overlap_is_the_whole_row) {
  const struct example_view view = example_view_slice(COLUMNS, VALUES, 1, 3, COLUMNS);
  ck_assert_uint_eq(view.first, 0);
  ck_assert_uint_eq(view.count, ROW);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("images");
  TCase *cases = tcase_create("images");
  tcase_add_checked_fixture(cases, make_folder, remove_folder);
  tcase_add_test(cases, files_are_found_under_their_usual_names);
  tcase_add_test(cases, missing_files_are_named);
  tcase_add_test(cases, names_that_are_there_decide);
  tcase_add_test(cases, long_paths_are_refused);
  tcase_add_test(cases, held_out_images_are_the_last);
  tcase_add_test(cases, labels_are_digits);
  tcase_add_test(cases, images_and_labels_fit_together);
  tcase_add_test(cases, mixed_up_sets_are_found);
  tcase_add_test(cases, too_few_images_cannot_be_split);
  tcase_add_test(cases, the_last_5000_of_60000_are_for_validation);
  tcase_add_test(cases, permutations_move_every_pixel_of_every_image_alike);
  tcase_add_test(cases, rows_take_turns);
  tcase_add_test(cases, slices_share_the_columns);
  tcase_add_test(cases, slices_without_overlap_have_each_column_once);
  tcase_add_test(cases, the_largest_overlap_is_the_whole_row);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
