/* SPDX-License-Identifier: MIT */
/* file.h with the host's own files: the order of calls, short ones, failing ones, and files that change. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

struct hooked {
  struct support_io io;
  thalnet_io hooks;
  thalnet_save_options save;
  thalnet_load_options load;
};

static void hook(struct hooked *hooked) {
  memset(hooked, 0, sizeof *hooked);
  hooked->hooks = support_io_hooks(&hooked->io);
  hooked->save = (thalnet_save_options)THALNET_SAVE_OPTIONS_INIT;
  hooked->load = (thalnet_load_options)THALNET_LOAD_OPTIONS_INIT;
  hooked->save.io = hooked->load.io = &hooked->hooks;
  hooked->io.error = ENOSPC;
}

static void renew(struct hooked *hooked) {
  support_io_clear(&hooked->io);
  hooked->io.error = ENOSPC;
}

/* open, write, sync, close, rename, sync the folder; and exactly the bytes of save_memory. */
START_TEST(saving_is_durable) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  struct model model = model_of(net);
  struct hooked h;
  hook(&h);
  EXPECT_OK(thalnet_center_save(net, "m", &h.save));
  const struct support_file *file = support_io_find(&h.io, "m");
  ck_assert(file && file->size == model.size && memcmp(file->bytes, model.bytes, model.size) == 0);
  ck_assert_ptr_null(support_io_find(&h.io, "m.tmp"));
  ck_assert_int_eq(h.io.open, 0);
  size_t writes = strspn(h.io.log + 1, "w");
  ck_assert_int_eq(h.io.log[0], 'W');
  ck_assert_uint_ge(writes, 1);
  ck_assert_str_eq(h.io.log + 1 + writes, "scnf");
  renew(&h);
  thalnet_center_free(net);
  model_free(&model);
}
END_TEST

START_TEST(short_reads_and_writes) {
  static const size_t chunks[] = {1, 7, 64, 1000};
  struct model model = model_of_kind(SUPPORT_SMALL);
  for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
    thalnet_center *net = NULL;
    struct hooked h;
    hook(&h);
    h.io.chunk = chunks[i];
    support_io_put(&h.io, "m", model.bytes, model.size);
    EXPECT_OK(thalnet_center_load("m", &h.load, &net));
    EXPECT_OK(thalnet_center_save(net, "n", &h.save));
    const struct support_file *file = support_io_find(&h.io, "n");
    ck_assert(file && file->size == model.size && memcmp(file->bytes, model.bytes, model.size) == 0);
    ck_assert_int_eq(h.io.open, 0);
    renew(&h);
    thalnet_center_free(net);
  }
  model_free(&model);
}
END_TEST

/* Every call of saving fails in turn, once or from then on: the old file is untouched until the rename. */
START_TEST(every_call_of_saving_fails) {
  static const char old[] = "the old file";
  static const int errors[] = {ENOSPC, EIO, EDQUOT, EFBIG};
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  struct model model = model_of(net);
  for (int persistent = 0; persistent < 2; persistent++) {
    int calls = 1000;
    for (int fail_at = 1; fail_at <= calls; fail_at++) {
      struct hooked h;
      hook(&h);
      support_io_put(&h.io, "m", old, sizeof old);
      h.io.fail_at = fail_at;
      h.io.persistent = persistent;
      h.io.error = errors[fail_at % 4];
      thalnet_status status = thalnet_center_save(net, "m", &h.save);
      const struct support_file *file = support_io_find(&h.io, "m");
      ck_assert_ptr_nonnull(file);
      if (fail_at > h.io.calls) { /* nothing failed any more */
        ck_assert_int_eq(status, THALNET_OK);
        calls = 0;
      } else {
        ck_assert_msg(status == THALNET_ERROR_IO, "call %d of %s: %s", fail_at, h.io.log, thalnet_status_name(status));
        ck_assert_ptr_nonnull(strstr(thalnet_error_text(), strerror(h.io.error)));
        int renamed = h.io.log[fail_at - 1] == 'f';
        ck_assert(h.io.log[fail_at - 1] != 'w' || h.io.log[fail_at] == 'c'); /* nothing more is asked of a bad file */
        ck_assert_int_eq(file->size == sizeof old && memcmp(file->bytes, old, sizeof old) == 0, !renamed);
        if (renamed) {
          ck_assert_uint_eq(file->size, model.size);
        }
        if (!persistent) {
          ck_assert_ptr_null(support_io_find(&h.io, "m.tmp"));
        }
      }
      ck_assert_int_eq(h.io.open, 0);
      renew(&h);
    }
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

START_TEST(every_call_of_loading_fails) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  for (int persistent = 0; persistent < 2; persistent++) {
    int calls = 1000;
    for (int fail_at = 1; fail_at <= calls; fail_at++) {
      struct hooked h;
      thalnet_center *net = (thalnet_center *)(void *)&h;
      hook(&h);
      h.io.chunk = 300;
      support_io_put(&h.io, "m", model.bytes, model.size);
      h.io.fail_at = fail_at;
      h.io.persistent = persistent;
      h.io.error = EIO;
      thalnet_status status = thalnet_center_load("m", &h.load, &net);
      if (fail_at > h.io.calls) {
        ck_assert_int_eq(status, THALNET_OK);
        calls = 0;
      } else if (h.io.log[fail_at - 1] != 'c') { /* a file that was read is read, even if it closes badly */
        ck_assert_int_eq(status, THALNET_ERROR_IO);
        ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "m"));
      }
      ck_assert_int_eq(net == NULL, status != THALNET_OK);
      ck_assert_int_eq(h.io.open, 0);
      thalnet_center_free(net);
      renew(&h);
    }
  }
  model_free(&model);
}
END_TEST

/* The size that open_read tells may lie, and files change under the reader. */
START_TEST(sizes_that_lie) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  static const uint64_t above[] = {1, 1000, (uint64_t)1 << 40, (uint64_t)1 << 62, UINT64_MAX};
  for (size_t i = 0; i < sizeof above / sizeof above[0]; i++) {
    struct support_memory memory = {.largest = 1 << 22};
    thalnet_memory memory_hooks = support_memory_hooks(&memory);
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    thalnet_center *net = NULL;
    struct hooked h;
    hook(&h);
    options.memory = &memory_hooks;
    h.load.center = &options;
    support_io_put(&h.io, "m", model.bytes, model.size);
    h.io.claim = above[i] < (uint64_t)1 << 40 ? model.size + above[i] : above[i];
    thalnet_status status = thalnet_center_load("m", &h.load, &net);
    ck_assert_msg(status == THALNET_ERROR_TRUNCATED || status == THALNET_ERROR_LIMIT ||
                      status == THALNET_ERROR_FORMAT || status == THALNET_ERROR_OVERFLOW,
                  "%zu: %s %s", i, thalnet_status_name(status), thalnet_error_text());
    ck_assert_ptr_null(net);
    ck_assert_int_eq(atomic_load(&memory.failures), 0);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
    h.io.claim = model.size - 1;
    ck_assert_int_ne(thalnet_center_load("m", &h.load, &net), THALNET_OK);
    ck_assert_ptr_null(net);
    renew(&h);
  }
  model_free(&model);
}
END_TEST

/* Files that change while they are read, and callbacks that cannot count. */
static int32_t read_too_much(void *user, void *file, void *bytes, size_t size, size_t *done_out) {
  (void)user, (void)file;
  memset(bytes, 0, size);
  *done_out = size + 1;
  return 0;
}
static int too_much; /* calls that are still to be answered like that; those after them seem to be all right */
static int32_t write_too_much(void *user, void *file, const void *bytes, size_t size, size_t *done_out) {
  (void)user, (void)file, (void)bytes;
  *done_out = too_much > 0 ? size + 1 : size;
  too_much--;
  return 0;
}
static int32_t write_nothing(void *user, void *file, const void *bytes, size_t size, size_t *done_out) {
  (void)user, (void)file, (void)bytes, (void)size;
  *done_out = 0;
  return 0;
}

START_TEST(files_that_change) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  struct hooked h;
  thalnet_center *net = NULL;
  hook(&h);
  h.io.claim = model.size;
  for (size_t cut = 1; cut < model.size; cut += 97) {
    support_io_put(&h.io, "m", model.bytes, model.size - cut);
    EXPECT(thalnet_center_load("m", &h.load, &net), THALNET_ERROR_TRUNCATED);
    ck_assert_ptr_null(net);
  }
  struct model longer = model_longer(&model, 5);
  support_io_put(&h.io, "m", longer.bytes, longer.size);
  memcpy(support_io_find(&h.io, "m")->bytes, model.bytes, model.size);
  EXPECT(thalnet_center_load("m", &h.load, &net), THALNET_ERROR_FORMAT);
  h.hooks.read = read_too_much;
  EXPECT(thalnet_center_load("m", &h.load, &net), THALNET_ERROR_IO);
  ck_assert_ptr_null(net);
  h.hooks.write = write_too_much;
  net = support_net(SUPPORT_SMALL, NULL);
  for (int times = 1; times < 3; times++) {
    too_much = times;
    EXPECT(thalnet_center_save(net, "n", &h.save), THALNET_ERROR_IO);
  }
  h.hooks.write = write_nothing; /* for ever */
  EXPECT(thalnet_center_save(net, "n", &h.save), THALNET_ERROR_IO);
  ck_assert(!support_io_find(&h.io, "n") && !support_io_find(&h.io, "n.tmp"));
  ck_assert_int_eq(h.io.open, 0);
  thalnet_center_free(net);
  renew(&h);
  model_free(&longer);
  model_free(&model);
}
END_TEST

START_TEST(io_hooks_are_checked) {
  struct hooked h;
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *loaded = NULL;
  hook(&h);
  h.hooks.sync_folder = NULL;
  EXPECT(thalnet_center_save(net, "m", &h.save), THALNET_ERROR_ARGUMENT);
  h.hooks.struct_size = 0;
  EXPECT(thalnet_center_save(net, "m", &h.save), THALNET_ERROR_VERSION);
  EXPECT(thalnet_center_load("m", &h.load, &loaded), THALNET_ERROR_VERSION);
  h.hooks = support_io_hooks(&h.io);
  h.hooks.read = NULL;
  EXPECT(thalnet_center_load("m", &h.load, &loaded), THALNET_ERROR_ARGUMENT);
  ck_assert_int_eq(h.io.calls, 0);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {saving_is_durable,           short_reads_and_writes, every_call_of_saving_fails,
                                every_call_of_loading_fails, sizes_that_lie,         files_that_change,
                                io_hooks_are_checked};
  return SUPPORT_RUN("file_io", tests);
}
