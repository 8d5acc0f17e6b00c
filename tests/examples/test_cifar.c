/* SPDX-License-Identifier: MIT */
/* Colour images: how CIFAR-10's planes become rows, how they are normalised, mirrored and shifted, and the drawn shapes. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cifar.h"
#include "common/shapes.h"

enum { SIDE = EXAMPLE_CIFAR_SIDE, ROW = EXAMPLE_CIFAR_ROW, VALUES = EXAMPLE_CIFAR_VALUES, PLANE = SIDE * SIDE };

/* --- files ----------------------------------------------------------------------------------------------------------- */

/* What the byte of image i of file f is; the planes' order is the file's. */
static uint8_t byte_of(int file, int image, int plane, int place) {
  return (uint8_t)((file * 41 + image * 17 + plane * 5 + place * 3 + place / 32) % 251);
}

static void write_file(const char *where, const char *name, int number, int images) {
  char file_path[128];
  snprintf(file_path, sizeof file_path, "%s/%s", where, name);
  FILE *file = fopen(file_path, "wb");
  ck_assert_ptr_nonnull(file);
  for (int i = 0; i < images; i++) {
    fputc((number + i) % 10, file);
    for (int plane = 0; plane < 3; plane++)
      for (int k = 0; k < PLANE; k++) fputc(byte_of(number, i, plane, k), file);
  }
  ck_assert_int_eq(fclose(file), 0);
}

static char folder[64], path[128];
static const char *const names[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                    "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
enum { FILES = 6, TEST_FILE = 5, RECORD = 1 + VALUES };

static const char *path_of(int file) {
  snprintf(path, sizeof path, "%s/%s", folder, names[file]);
  return path;
}

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/thalnet_cifar_XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  for (int f = 0; f < FILES; f++) write_file(folder, names[f], f, 4 + f);
}

static void remove_folder(void) {
  for (int f = 0; f < FILES; f++) unlink(path_of(f));
  rmdir(folder);
}

START_TEST(planes_become_rows_of_colours) {
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_msg(example_load_cifar(folder, &data, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(data.train.count, 27);
  ck_assert_uint_eq(data.validation.count, 3);
  ck_assert_uint_eq(data.test.count, 9);
  ck_assert_ptr_eq(data.validation.pixels, data.stored.pixels + 27 * VALUES);
  size_t image = 0;
  for (int f = 0; f < 6; f++)
    for (int i = 0; i < 4 + f; i++, image++) {
      const struct example_images *set = f < 5 ? &data.stored : &data.test;
      if (f == 5 && i == 0) image = 0;
      ck_assert_uint_eq(set->labels[image], (f + i) % 10);
      for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++)
          for (int colour = 0; colour < 3; colour++)
            ck_assert_uint_eq(set->pixels[image * VALUES + (size_t)(row * ROW + column * 3 + colour)],
                              byte_of(f, i, colour, row * SIDE + column));
    }
  example_image_data_free(&data);
}
END_TEST

/* The text names what is wrong, and more. */
static void refuse_folder(const char *where, const char *words, const char *more) {
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_int_eq(example_load_cifar(where, &data, &error), -1);
  example_image_data_free(&data);
  ck_assert_msg(strstr(error.text, words) && strstr(error.text, more), "'%s' lacks '%s' or '%s'", error.text, words,
                more);
  ck_assert_ptr_null(strchr(error.text, '\n'));
}

static void refuse(const char *words, const char *more) { refuse_folder(folder, words, more); }

static void accept(void) {
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_msg(example_load_cifar(folder, &data, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(data.stored.count, 30);
  example_image_data_free(&data);
}

/* Puts bytes into a file, at this place. */
static void change(int file, long place, const char *bytes, size_t size) {
  FILE *stream = fopen(path_of(file), "r+b");
  ck_assert_ptr_nonnull(stream);
  ck_assert_int_eq(fseek(stream, place, SEEK_SET), 0);
  ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
  ck_assert_int_eq(fclose(stream), 0);
}

START_TEST(missing_files_are_named) {
  for (int f = 0; f < FILES; f++) {
    char kept[160];
    snprintf(kept, sizeof kept, "%s.kept", path_of(f));
    ck_assert_int_eq(rename(path_of(f), kept), 0);
    refuse("there is no", names[f]);
    ck_assert_int_eq(rename(kept, path_of(f)), 0);
  }
  accept();
  refuse_folder("/tmp/thalnet_cifar_nowhere", "No such file", "nowhere");
  static char deep[5000];
  memset(deep, '/', 4090); /* still a folder's name, but not with a file's behind it */
  refuse_folder(deep, "too long", "/");
}
END_TEST

START_TEST(names_that_are_there_decide) {
  ck_assert_int_eq(unlink(path_of(2)), 0);
  ck_assert_int_eq(symlink(path_of(2), path_of(2)), 0);
  refuse("symbolic link", names[2]);
  ck_assert_int_eq(unlink(path_of(2)), 0);
  ck_assert_int_eq(mkdir(path_of(2), 0777), 0);
  refuse("not a regular file", names[2]);
  ck_assert_int_eq(rmdir(path_of(2)), 0);
  ck_assert_int_eq(mkfifo(path_of(2), 0666), 0);
  refuse("not a regular file", names[2]);
}
END_TEST

/* Whatever is no multiple of a record, CIFAR-100 with its two labels among it. */
START_TEST(sizes_are_checked) {
  static const long sizes[] = {1, 2, RECORD - 1, RECORD + 1, 2 * RECORD - 1, 3 * RECORD + 3072};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    ck_assert_int_eq(truncate(path_of(1), sizes[i]), 0);
    refuse("the file ends inside image", names[1]);
    write_file(folder, names[1], 1, 5);
  }
  ck_assert_int_eq(truncate(path_of(1), 0), 0);
  refuse("empty", names[1]);
  FILE *file = fopen(path_of(1), "wb");
  for (int i = 0; i < 10; i++)
    for (int k = 0; k < RECORD + 1; k++) fputc(k < 2 ? 7 : 1, file);
  ck_assert_int_eq(fclose(file), 0);
  refuse("the file ends inside image 10", names[1]);
}
END_TEST

/* Packed nothing is a file that is not empty. */
START_TEST(files_without_images_are_refused) {
  static const char nothing[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0";
  for (int f = 0; f < FILES; f++) {
    ck_assert_int_eq(truncate(path_of(f), 0), 0);
    change(f, 0, nothing, sizeof nothing);
    refuse("no images", names[f]);
    write_file(folder, names[f], f, 4 + f);
  }
}
END_TEST

START_TEST(labels_are_below_10) {
  for (int label = 10; label < 256; label++) {
    const char bytes[] = {(char)label, 100};
    char words[64];
    snprintf(words, sizeof words, "label 3 is %d, not one of 0..9", label);
    change(TEST_FILE, 3 * RECORD, bytes, 2); /* also bytes with which other files begin */
    refuse(words, names[TEST_FILE]);
    if (label == '<') continue;
    snprintf(words, sizeof words, "label 0 is %d, not one of 0..9", label);
    write_file(folder, names[TEST_FILE], TEST_FILE, 9);
    change(TEST_FILE, 0, bytes, 2);
    refuse(words, names[TEST_FILE]);
    write_file(folder, names[TEST_FILE], TEST_FILE, 9);
  }
  change(TEST_FILE, 3 * RECORD, "\x09", 1);
  accept();
}
END_TEST

START_TEST(other_versions_are_named) {
  for (char protocol = 0; protocol < 6; protocol++) {
    const char bytes[] = {(char)0x80, protocol};
    change(3, 0, bytes, 2);
    refuse("a Python pickle", names[3]);
  }
  change(3, 0, "\x80\x06", 2);
  refuse("label 0 is 128", names[3]);
  change(3, 0, "<html>", 6);
  refuse("a web page", names[3]);
}
END_TEST

START_TEST(mixed_up_files_are_found) {
  write_file(folder, names[TEST_FILE], 3, 9); /* begins as the fourth does */
  refuse("test_batch.bin begins as data_batch_4.bin", "mixed up");
  write_file(folder, names[TEST_FILE], TEST_FILE, 9);
  write_file(folder, names[4], 1, 8);
  refuse("data_batch_5.bin begins as data_batch_2.bin", "mixed up");
  write_file(folder, names[4], 4, 8);
  accept();
}
END_TEST

START_TEST(files_may_be_too_small_or_too_large) {
  for (int f = 0; f < TEST_FILE; f++) write_file(folder, names[f], f, f == 0 ? 5 : 1);
  refuse("9 training images are too few", folder);
  write_file(folder, names[1], 1, 2);
  struct example_image_data data;
  struct example_error error = {""};
  ck_assert_msg(example_load_cifar(folder, &data, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(data.validation.count, 1);
  example_image_data_free(&data);
  for (long images = 10000; images <= 10001; images++) { /* most of it is a hole */
    ck_assert_int_eq(truncate(path_of(0), images * RECORD), 0);
    if (images > 10000) {
      refuse("more than 10000 images", names[0]);
    } else {
      ck_assert_msg(example_load_cifar(folder, &data, &error) == 0, "%s", error.text);
      ck_assert_uint_eq(data.stored.count, 10005);
      example_image_data_free(&data);
    }
  }
}
END_TEST

/* --- showing --------------------------------------------------------------------------------------------------------- */

static uint8_t picture[VALUES];
static float shown[VALUES];
static const struct example_normalization as_is = {{0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 1.0f}};

static void paint(void) {
  for (int k = 0; k < VALUES; k++) picture[k] = (uint8_t)(1 + (k * 7 + k / ROW) % 250); /* never 0 */
}

static float at(long row, long column, int colour) {
  if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) return 0.0f;
  return picture[row * ROW + column * 3 + colour];
}

START_TEST(images_are_mirrored_then_shifted) {
  paint();
  for (int mirrored = 0; mirrored < 2; mirrored++)
    for (long down = -5; down <= 5; down += 5)
      for (long right = -31; right <= 31; right += 31) {
        struct example_change change = {mirrored, down, right};
        example_show_image(picture, &as_is, &change, shown);
        for (long row = 0; row < SIDE; row++)
          for (long column = 0; column < SIDE; column++)
            for (int colour = 0; colour < 3; colour++) {
              long from = column - right;
              float wanted = at(row - down, mirrored ? SIDE - 1 - from : from, colour);
              ck_assert_float_eq(shown[row * ROW + column * 3 + colour], wanted);
            }
      }
  example_show_image(picture, &as_is, NULL, shown);
  for (int k = 0; k < VALUES; k++) ck_assert_float_eq(shown[k], picture[k]);
}
END_TEST

static int differ(const struct example_change *a, const struct example_change *b) {
  return a->mirrored != b->mirrored || a->down != b->down || a->right != b->right;
}

/* The same numbers give the same change; all changes come, and about equally often. */
START_TEST(changes_follow_from_seed_epoch_and_image) {
  enum { MOST = 2, DRAWS = 20000 };
  int counts[2][2 * MOST + 1][2 * MOST + 1] = {{{0}}}, other_epoch = 0, other_seed = 0, other_image = 0;
  for (size_t image = 0; image < DRAWS; image++) {
    struct example_change change = example_draw_change(7, 3, image, MOST),
                          again = example_draw_change(7, 3, image, MOST);
    ck_assert(!differ(&change, &again));
    counts[change.mirrored][change.down + MOST][change.right + MOST]++;
    again = example_draw_change(7, 4, image, MOST);
    other_epoch += differ(&change, &again);
    again = example_draw_change(8, 3, image, MOST);
    other_seed += differ(&change, &again);
    again = example_draw_change(7, 3, image + 1, MOST);
    other_image += differ(&change, &again);
  }
  for (int m = 0; m < 2; m++)
    for (int d = 0; d <= 2 * MOST; d++)
      for (int r = 0; r <= 2 * MOST; r++) {
        ck_assert_int_gt(counts[m][d][r], 320); /* 400 expected, deviation 20 */
        ck_assert_int_lt(counts[m][d][r], 480);
      }
  ck_assert_int_gt(other_epoch, DRAWS * 9 / 10);
  ck_assert_int_gt(other_seed, DRAWS * 9 / 10);
  ck_assert_int_gt(other_image, DRAWS * 9 / 10);
  struct example_change still = example_draw_change(7, 3, 0, 0);
  ck_assert_int_eq(still.down, 0);
  ck_assert_int_eq(still.right, 0);
}
END_TEST

START_TEST(every_colour_gets_mean_0_and_variance_1) {
  uint8_t pixels[2 * VALUES], labels[2] = {0, 1};
  for (int k = 0; k < 2 * VALUES; k++) pixels[k] = (uint8_t)(k % 3 == 0 ? k % 200 : k % 3 == 1 ? 77 : 50 + k % 100);
  const struct example_images images = {2, VALUES, pixels, labels};
  struct example_normalization normalization = example_normalize(&images);
  double sums[3] = {0.0}, squares[3] = {0.0};
  for (int i = 0; i < 2; i++) {
    example_show_image(pixels + i * VALUES, &normalization, NULL, shown);
    for (int k = 0; k < VALUES; k++) {
      sums[k % 3] += shown[k];
      squares[k % 3] += shown[k] * shown[k];
    }
  }
  for (int colour = 0; colour < 3; colour++) {
    ck_assert_double_lt(fabs(sums[colour] / (2 * PLANE)), 1e-4);
    double variance = colour == 1 ? 0.0 : 1.0; /* the second is alike everywhere */
    ck_assert_double_lt(fabs(squares[colour] / (2 * PLANE) - variance), 1e-4);
  }
}
END_TEST

/* --- drawn shapes ---------------------------------------------------------------------------------------------------- */

START_TEST(shapes_are_the_same_everywhere) {
  struct example_image_data data;
  struct example_error error;
  uint8_t again[VALUES];
  ck_assert_int_eq(example_draw_shapes(&data, &error), 0);
  ck_assert_uint_eq(data.train.count, 9000);
  ck_assert_uint_eq(data.validation.count, 1000);
  ck_assert_uint_eq(data.test.count, 2000);
  size_t counts[10] = {0};
  for (size_t i = 0; i < data.train.count; i++) counts[data.train.labels[i]]++;
  for (int label = 0; label < 10; label++) ck_assert_uint_eq(counts[label], 900);
  for (size_t i = 500; i-- > 0;) {
    ck_assert_uint_eq(example_shape_label(i), data.stored.labels[i]);
    example_shape_draw(i, data.stored.labels[i], again);
    ck_assert_mem_eq(again, data.stored.pixels + i * VALUES, VALUES);
  }
#if FLT_EVAL_METHOD == 0
  uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */
  for (size_t i = 0; i < data.stored.count * VALUES; i++) sum = (sum ^ data.stored.pixels[i]) * UINT64_C(1099511628211);
  ck_assert_uint_eq(sum, UINT64_C(6941924541669903064));
#endif
  example_image_data_free(&data);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cifar");
  TCase *cases = tcase_create("cifar");
  tcase_set_timeout(cases, 60.0);
  tcase_add_checked_fixture(cases, make_folder, remove_folder);
  tcase_add_test(cases, planes_become_rows_of_colours);
  tcase_add_test(cases, missing_files_are_named);
  tcase_add_test(cases, names_that_are_there_decide);
  tcase_add_test(cases, sizes_are_checked);
  tcase_add_test(cases, files_without_images_are_refused);
  tcase_add_test(cases, labels_are_below_10);
  tcase_add_test(cases, other_versions_are_named);
  tcase_add_test(cases, mixed_up_files_are_found);
  tcase_add_test(cases, files_may_be_too_small_or_too_large);
  tcase_add_test(cases, images_are_mirrored_then_shifted);
  tcase_add_test(cases, changes_follow_from_seed_epoch_and_image);
  tcase_add_test(cases, every_colour_gets_mean_0_and_variance_1);
  tcase_add_test(cases, shapes_are_the_same_everywhere);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
