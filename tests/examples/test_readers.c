/* SPDX-License-Identifier: MIT */
/* Readers of data, and what makes data, when memory, the file system or zlib fails at any of their calls: they say so, and nothing
 * is left allocated or open. test_reader_faults.c does more of that to the files' own calls. */
#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../faults.h"
#include "common/cifar.h"
#include "common/file.h"
#include "common/idx.h"
#include "common/mnist.h"
#include "common/text.h"

/* --- calls that fail ------------------------------------------------------------------------------------------------- */

WRAPPED(int, fstat, -1, (int descriptor, struct stat *status), (descriptor, status))
WRAPPED(int, fstat64, -1, (int descriptor, struct stat *status), (descriptor, status))
WRAPPED(int, inflate, Z_MEM_ERROR, (z_stream * stream, int flush), (stream, flush))
WRAPPED(int, inflateInit2_, Z_MEM_ERROR, (z_stream * stream, int bits, const char *version, int size),
        (stream, bits, version, size))
WRAPPED_OPEN(open)
WRAPPED_OPEN(open64)

static size_t chunk; /* a read gives at most so many bytes; 0: any number */
static long reads;   /* that still give something; -1: all */

ssize_t __real_read(int descriptor, void *bytes, size_t size);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size) {
  if (fails("read")) return -1;
  if (reads == 0) return 0;
  if (reads > 0) reads--;
  return __real_read(descriptor, bytes, chunk && size > chunk ? chunk : size);
}

/* What some distributions' compilers make of read. */
ssize_t __wrap___read_chk(int descriptor, void *bytes, size_t size, size_t room);
ssize_t __wrap___read_chk(int descriptor, void *bytes, size_t size, size_t room) {
  return size <= room ? __wrap_read(descriptor, bytes, size) : -1;
}

static long blocks; /* allocated and not freed */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) {
  void *block = fails("malloc") ? NULL : __real_malloc(size);
  blocks += block != NULL;
  return block;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size) {
  void *block = fails("calloc") ? NULL : __real_calloc(count, size);
  blocks += block != NULL;
  return block;
}

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size) {
  void *larger = fails("realloc") ? NULL : __real_realloc(block, size);
  blocks += block == NULL && larger != NULL;
  return larger;
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block) {
  blocks -= block != NULL;
  __real_free(block);
}

static int lowest_descriptor(void) {
  int descriptor = dup(0);
  close(descriptor);
  return descriptor;
}

/* --- data ------------------------------------------------------------------------------------------------------------ */

static char folder[64];
static const char *const names[] = {"text",
                                    "text.gz",
                                    "train-images-idx3-ubyte.gz",
                                    "train-labels-idx1-ubyte.gz",
                                    "t10k-images-idx3-ubyte",
                                    "t10k-labels-idx1-ubyte",
                                    "data_batch_1.bin",
                                    "data_batch_2.bin",
                                    "data_batch_3.bin",
                                    "data_batch_4.bin",
                                    "data_batch_5.bin",
                                    "test_batch.bin.gz"};
enum { TEXT, TEXT_GZ, TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, BATCH, NAMES = BATCH + 6 };
enum { TEXT_SIZE = 150000, IMAGES = 200 }; /* several reads, and several pieces of memory */

static const char *path_of(int name) {
  static char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, names[name]);
  return path;
}

/* As its name says: packed or not. */
static void save(int name, const uint8_t *bytes, size_t size) {
  const char *path = path_of(name), *mode = strstr(path, ".gz") ? "wb" : "wbT";
  gzFile file = gzopen(path, mode);
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
  ck_assert_int_eq(gzclose(file), Z_OK);
}

/* Noise that cannot be packed, behind a header, each byte below `below`. */
static void save_noise(int name, const char *header, size_t header_size, size_t size, unsigned below) {
  uint8_t *bytes = malloc(header_size + size);
  uint32_t state = (uint32_t)name + 1;
  ck_assert_ptr_nonnull(bytes);
  memcpy(bytes, header, header_size);
  for (size_t i = 0; i < size; i++) {
    state = state * 1664525u + 1013904223u;
    bytes[header_size + i] = (uint8_t)((state >> 24) % below);
  }
  save(name, bytes, header_size + size);
  free(bytes);
}

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/thalnet_readers_XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  save_noise(TEXT, "", 0, TEXT_SIZE, 26);
  save_noise(TEXT_GZ, "", 0, TEXT_SIZE, 26);
  for (int i = 0; i < 2; i++) {
    save_noise(i ? TEST_IMAGES : TRAIN_IMAGES, "\0\0\x08\x03\0\0\0\xc8\0\0\0\x1c\0\0\0\x1c", 16, IMAGES * 28 * 28, 256);
    save_noise(i ? TEST_LABELS : TRAIN_LABELS, "\0\0\x08\x01\0\0\0\xc8", 8, IMAGES, 10);
  }
  for (int i = 0; i < 6; i++) save_noise(BATCH + i, "", 0, 2 * (1 + EXAMPLE_CIFAR_VALUES), 10);
  reads = -1;
  chunk = 0;
}

static void remove_folder(void) {
  fault.call = NULL;
  for (int i = 0; i < NAMES; i++) unlink(path_of(i));
  rmdir(folder);
}

/* --- readers --------------------------------------------------------------------------------------------------------- */

static int odd; /* results that are not what they should be; an assertion would itself allocate */

static int read_idx(int name, struct example_error *error) {
  const struct example_idx_shape shape = {3, 60000, 28, 28};
  struct example_idx idx;
  int status = example_idx_read(path_of(name), &shape, &idx, error);
  odd += idx.count != (status ? 0 : IMAGES * 28 * 28);
  example_idx_free(&idx);
  return status;
}

static int read_plain_idx(struct example_error *error) { return read_idx(TEST_IMAGES, error); }
static int read_packed_idx(struct example_error *error) { return read_idx(TRAIN_IMAGES, error); }

static int read_text(int name, struct example_error *error) {
  struct example_text text;
  int status = example_load_text(path_of(name), TEXT_SIZE, &text, error);
  odd += status == 0 && text.kinds != 26;
  example_text_free(&text);
  return status;
}

static int read_plain_text(struct example_error *error) { return read_text(TEXT, error); }
static int read_packed_text(struct example_error *error) { return read_text(TEXT_GZ, error); }

static int write_text(struct example_error *error) {
  struct example_text text;
  int status = example_write_text(&text, error);
  odd += status == 0 && text.count != 400000;
  example_text_free(&text);
  return status;
}

static int load_images(int (*load)(const char *folder, struct example_image_data *data, struct example_error *error),
                       size_t train, size_t test, struct example_error *error) {
  struct example_image_data data;
  int status = load(folder, &data, error);
  if (status == 0) {
    odd += data.stored.count != train || data.test.count != test;
    status = example_permute_pixels(&data, 3, error);
  }
  example_image_data_free(&data);
  return status;
}

static int load_mnist(struct example_error *error) { return load_images(example_load_mnist, IMAGES, IMAGES, error); }
static int load_cifar(struct example_error *error) { return load_images(example_load_cifar, 10, 2, error); }

static int draw(int (*draw_all)(struct example_image_data *data, struct example_error *error),
                struct example_error *error) {
  struct example_image_data data;
  int status = draw_all(&data, error);
  example_image_data_free(&data);
  return status;
}

static int draw_digits(struct example_error *error) { return draw(example_draw_digits, error); }
static int draw_shapes(struct example_error *error) { return draw(example_draw_shapes, error); }

static const struct reader {
  int (*run)(struct example_error *error);
  int quick; /* 0: so slow that only its failures are looked at; that it can succeed is tested elsewhere */
} readers[] = {{read_plain_idx, 1}, {read_packed_idx, 1}, {read_plain_text, 1}, {read_packed_text, 1}, {write_text, 1},
               {load_mnist, 1},     {load_cifar, 1},      {draw_digits, 0},     {draw_shapes, 0}};
enum { READERS = sizeof readers / sizeof readers[0] };

/* --- tests ----------------------------------------------------------------------------------------------------------- */

/* Whether it succeeded; what it allocates and opens is gone in either case. */
static int run(const struct reader *reader, const char *call, int error, int after, int times) {
  struct example_error text = {""};
  const int descriptor = lowest_descriptor();
  const long before = blocks;
  fault = (struct fault){call, error, after, times, 0};
  int status = reader->run(&text);
  fault.call = NULL;
  const long left = blocks - before;
  ck_assert_int_eq(left, 0);
  ck_assert_int_eq(odd, 0);
  ck_assert_int_eq(lowest_descriptor(), descriptor);
  ck_assert_int_eq(status == 0, text.text[0] == '\0');
  ck_assert_ptr_null(strchr(text.text, '\n'));
  return status == 0;
}

START_TEST(every_call_fails) {
  enum { DRAWING_CALLS = 4 };
  const struct reader *reader = &readers[_i];
  for (int times = 1; times > 0; times = times == 1 ? INT_MAX : 0) {
    int after = 0, good = 0;
    for (; !good && (reader->quick || after < DRAWING_CALLS); after++) {
      good = run(reader, "", EIO, after, times);
      ck_assert_msg(good == (fault.calls <= after), "call %d of %d", after, fault.calls);
    }
    ck_assert_int_ge(after, 2);
  }
}
END_TEST

/* Each read may find that the file has ended in the meantime. The last one always does: it looks for more. */
START_TEST(files_that_shrink) {
  static const int whole[] = {0, 1, 2, 3};
  for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
    fault.call = NULL;
    chunk = 5000;
    reads = LONG_MAX;
    ck_assert(run(&readers[whole[i]], NULL, 0, 0, 0));
    const long all = LONG_MAX - reads - 1;
    ck_assert_int_gt(all, 15);
    for (long most = 0; most < all; most++) {
      reads = most;
      ck_assert_msg(!run(&readers[whole[i]], NULL, 0, 0, 0), "%ld of %ld reads", most, all);
    }
    reads = all;
    ck_assert(run(&readers[whole[i]], NULL, 0, 0, 0));
  }
}
END_TEST

START_TEST(reasons_are_told) {
  static const struct {
    const char *call, *says;
    int error, after;
  } list[] = {{"open", "Permission denied", EACCES, 0},
              {"read", "Input/output error", EIO, 0},
              {"read", "Input/output error", EIO, 1}, /* of a file that is larger than what is read at once */
              {"calloc", "no memory", ENOMEM, 0},
              {"realloc", "no memory for 65536 bytes", ENOMEM, 0},
              {"inflateInit2_", "no memory", 0, 0},
              {"inflate", "the compressed data is damaged (insufficient memory)", 0, 0}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct example_error error = {""};
    fault = (struct fault){list[i].call, list[i].error, list[i].after, 1, 0};
    int status = read_packed_idx(&error);
    fault.call = NULL;
    ck_assert_int_eq(status, -1);
    ck_assert_msg(strstr(error.text, list[i].says) && strstr(error.text, path_of(TRAIN_IMAGES)), "%s", error.text);
  }
}
END_TEST

/* More room than zlib can be told of at a time. */
START_TEST(large_requests) {
  const size_t most = (1u << 30) + 1;
  uint8_t *bytes = malloc(most); /* hardly any of it is touched */
  struct example_error error = {""};
  struct example_file *file;
  size_t done;
  if (!bytes) return;
  for (int name = TEXT; name <= TEXT_GZ; name++) {
    ck_assert_int_eq(example_file_open(path_of(name), &file, &error), 0);
    ck_assert_msg(example_file_read(file, bytes, most, &done, &error) == 0, "%s", error.text);
    ck_assert_uint_eq(done, TEXT_SIZE);
    example_file_close(file);
  }
  example_file_close(NULL);
  free(bytes);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("readers");
  TCase *cases = tcase_create("readers");
  tcase_add_checked_fixture(cases, make_folder, remove_folder);
  tcase_set_timeout(cases, 60.0);
  tcase_add_loop_test(cases, every_call_fails, 0, READERS);
  tcase_add_test(cases, files_that_shrink);
  tcase_add_test(cases, reasons_are_told);
  tcase_add_test(cases, large_requests);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
