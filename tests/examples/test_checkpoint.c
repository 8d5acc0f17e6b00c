/* SPDX-License-Identifier: MIT */
/* What the example programs put into a checkpoint, and how they go on from it: from their own, and from nobody else's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "../faults.h"
#include "common/checkpoint.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return fails("malloc") ? NULL : __real_malloc(size); }

/* --- a training ------------------------------------------------------------------------------------------------------ */

static long count;
static double number;
static const char *text, *choice, *out;
static int flag, quiet;

static const struct example_option options[] = {
    EXAMPLE_OPTIONS_HEADING("of a test"),
    {EXAMPLE_COUNT, "batch-size", "N", "", &count, 0, 100},
    {EXAMPLE_NUMBER, "rate", "R", "", &number, 0, 1},
    {EXAMPLE_TEXT, "words", "WORDS", "", &text, 0, 0},
    {EXAMPLE_CHOICE, "kind", "one|other", "", &choice, 0, 0},
    {EXAMPLE_FLAG, "twice", NULL, "", &flag, 0, 0},
    {EXAMPLE_TEXT, "out", "DIR", "", &out, 0, 0}, /* results do not depend on these */
    {EXAMPLE_FLAG, "quiet", NULL, "", &quiet, 0, 0}};

static char folder[64], path[128], log_path[128], seconds_path[128];
static struct example_settings settings;

static void set_options(void) {
  count = 50;
  number = 0.1;
  text = NULL;
  choice = "one";
  flag = 0;
}

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/thalnet_checkpoint_XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/checkpoint.safetensors", folder);
  snprintf(seconds_path, sizeof seconds_path, "%s/seconds.txt", folder);
  snprintf(log_path, sizeof log_path, "%s/log", folder);
  set_options();
  memset(&settings, 0, sizeof settings);
  settings.program = "test";
  settings.out = out = folder;
  settings.epochs = 3;
  example_options_add(&settings.command, options, sizeof options / sizeof options[0]);
}

static void remove_folder(void) {
  fault.call = NULL;
  unlink(path);
  unlink(log_path);
  unlink(seconds_path);
  rmdir(folder);
}

static struct example_trainer trainer_of(int carries) {
  struct example_trainer t;
  memset(&t, 0, sizeof t);
  t.settings = &settings;
  t.task.steps = 8;
  t.task.fingerprint = UINT64_C(18446744073709551615);
  t.net = support_net(SUPPORT_SMALL, NULL);
  t.optimizer = support_optimizer(t.net, THALNET_ADAM, 0.01);
  t.state = carries ? support_state(t.net, 2) : NULL;
  return t;
}

static void trainer_free(struct example_trainer *t) {
  thalnet_state_free(t->state);
  thalnet_optimizer_free(t->optimizer);
  thalnet_center_free(t->net);
}

static void set_progress(struct example_trainer *t) {
  t->train = 0.1;
  t->validation = -1.0 / 3;
  t->progress.labels = UINT64_C(1) << 40;
  t->progress.trained = 12.75;
  t->progress.sums = (struct example_sums){0x1.23456789abcdep-7, 100.5, 77, 99};
}

/* What is printed on both streams meanwhile, while the call runs; NULL: nothing was. */
static const char *said;

static int listen(int (*call)(struct example_trainer *t), struct example_trainer *t) {
  static char words[2000];
  fflush(stdout);
  fflush(stderr);
  const int before[] = {dup(1), dup(2)}, file = open(log_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  dup2(file, 1);
  dup2(file, 2);
  const int code = call(t);
  fflush(stdout);
  fault.call = NULL;
  for (int i = 0; i < 2; i++) {
    dup2(before[i], 1 + i);
    close(before[i]);
  }
  const ssize_t size = pread(file, words, sizeof words - 1, 0);
  close(file);
  words[size > 0 ? size : 0] = '\0';
  said = words;
  return code;
}

static int save_at_2_5(struct example_trainer *t) { return example_checkpoint_save(t, 2, 5); }

static void expect(int (*call)(struct example_trainer *t), struct example_trainer *t, int code, const char *words) {
  const int got = listen(call, t);
  ck_assert_msg(got == code && strstr(said, words) != NULL && (*words || !*said), "%d: '%s' lacks '%s'", got, said,
                words);
}

/* --- going on -------------------------------------------------------------------------------------------------------- */

START_TEST(a_training_goes_on) {
  for (int carries = 0; carries < 2; carries++) {
    struct example_trainer one = trainer_of(carries), two = trainer_of(carries);
    set_progress(&one);
    text = carries ? "some words" : NULL;
    settings.quiet = 0;
    expect(save_at_2_5, &one, EXAMPLE_EXIT_SUCCESS, "");
    expect(example_checkpoint_load, &two, EXAMPLE_EXIT_SUCCESS, "going on after step 5 of epoch 2\n");
    ck_assert(two.epoch == 2 && two.step == 5);
    ck_assert(one.saved_epoch == 2 && one.saved_step == 5 && two.saved_epoch == 2 && two.saved_step == 5);
    ck_assert(two.train == one.train && two.validation == one.validation);
    ck_assert(two.progress.labels == one.progress.labels && two.progress.trained == one.progress.trained);
    ck_assert_mem_eq(&two.progress.sums, &one.progress.sums, sizeof one.progress.sums);
    settings.quiet = 1;
    out = "elsewhere"; /* may change */
    quiet = 1;
    expect(example_checkpoint_load, &two, EXAMPLE_EXIT_SUCCESS, "");
    trainer_free(&one);
    trainer_free(&two);
  }
}
END_TEST

/* A job that is started over and over begins without one. */
START_TEST(there_may_be_none) {
  struct example_trainer t = trainer_of(0);
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "starting from the beginning");
  settings.quiet = 1;
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "");
  ck_assert(t.epoch == 0 && t.step == 0);
  ck_assert_int_eq(symlink(path, path), 0); /* a name that leads nowhere is not none */
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_USAGE, path);
  trainer_free(&t);
}
END_TEST

START_TEST(saving_can_fail) {
  struct example_trainer t = trainer_of(0);
  settings.out = "/dev/null";
  expect(save_at_2_5, &t, EXAMPLE_EXIT_FAILURE, "Not a directory");
  settings.out = folder;
  for (int after = 0; after < 2; after++) { /* notes and path */
    fault = (struct fault){"malloc", ENOMEM, after, 1, 0};
    expect(save_at_2_5, &t, EXAMPLE_EXIT_FAILURE, "no memory");
    fault = (struct fault){"malloc", ENOMEM, after, 1, 0};
    expect(example_checkpoint_load, &t, EXAMPLE_EXIT_FAILURE, "no memory");
  }
  trainer_free(&t);
}
END_TEST

/* How long it took is beside the file, and may be lost. */
START_TEST(seconds_may_be_anything) {
  static const struct {
    const char *text;
    double seconds;
  } list[] = {{"12.5\n", 12.5}, {"3", 3}, {"", 0}, {"\n", 0}, {"soon\n", 0}, {"-5\n", 0}, {"inf\n", 0}, {"nan\n", 0}};
  struct example_trainer t = trainer_of(0);
  settings.quiet = 1;
  expect(save_at_2_5, &t, EXAMPLE_EXIT_SUCCESS, "");
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    FILE *file = fopen(seconds_path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(list[i].text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "");
    ck_assert_msg(t.progress.trained == list[i].seconds, "%s: %g", list[i].text, t.progress.trained);
  }
  fault = (struct fault){"malloc", ENOMEM, 2, 1, 0}; /* its path, after the notes and the other path */
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "");
  ck_assert_int_eq(unlink(seconds_path), 0);
  t.progress.trained = 7;
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "");
  ck_assert(t.progress.trained == 0);
  ck_assert_int_eq(mkdir(seconds_path, 0700), 0);
  expect(save_at_2_5, &t, EXAMPLE_EXIT_FAILURE, "seconds.txt: it could not be written");
  ck_assert_int_eq(rmdir(seconds_path), 0);
  fault = (struct fault){"malloc", ENOMEM, 2, 1, 0};
  expect(save_at_2_5, &t, EXAMPLE_EXIT_FAILURE, "seconds.txt: it could not be written");
  if (access("/dev/full", W_OK) == 0) {
    ck_assert_int_eq(symlink("/dev/full", seconds_path), 0);
    expect(save_at_2_5, &t, EXAMPLE_EXIT_FAILURE, "seconds.txt: it could not be written");
  }
  trainer_free(&t);
}
END_TEST

/* --- what is not a training's own --------------------------------------------------------------------------------------- */

START_TEST(other_options_are_refused) {
  struct example_trainer t = trainer_of(0);
  expect(save_at_2_5, &t, EXAMPLE_EXIT_SUCCESS, "");
  settings.quiet = 1;
  for (int i = 0; i < 7; i++) {
    static const char *const says[] = {
        "--batch-size 50, not 51", "--rate 0.1",          "--words , not other", "--kind one, not other",
        "--twice 0, not 1",        "other training data", "saved by test"};
    set_options();
    count += i == 0;
    number += i == 1 ? 1e-16 : 0;
    text = i == 2 ? "other" : NULL;
    choice = i == 3 ? "other" : "one";
    flag = i == 4;
    t.task.fingerprint -= i == 5;
    settings.program = i == 6 ? "another" : "test";
    expect(example_checkpoint_load, &t, EXAMPLE_EXIT_USAGE, says[i]);
    t.task.fingerprint += i == 5;
  }
  settings.program = "test";
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "");
  trainer_free(&t);
}
END_TEST

static struct model read_file(void) {
  FILE *file = fopen(path, "rb");
  struct model model = {malloc(1 << 20), 0};
  ck_assert(file != NULL && model.bytes != NULL);
  model.size = fread(model.bytes, 1, 1 << 20, file);
  fclose(file);
  return model;
}

static void write_file(const struct model *model) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(model->bytes, 1, model->size, file), model->size);
  ck_assert_int_eq(fclose(file), 0);
}

/* Sealed files that say something wrong. */
START_TEST(edited_files) {
  static const struct {
    const char *from, *to, *says;
    int code;
  } list[] = {
      {"\"host.program\"", "\"host.programs\"", "saved by another program", 2},
      {"\"host.step\"", "\"host.steps\"", "does not say 'step'", 2},
      {"\"host.option.rate\"", "\"host.option.rates\"", "does not say 'option.rate'", 2},
      {"\"host.data\":\"18446744073709551615\"", "\"host.data\":\"\"", "other training data", 2},
      {"\"host.epoch\":\"2\"", "\"host.epoch\":\"3\"", "", 0},
      {"\"host.epoch\":\"2\"", "\"host.epoch\":\"4\"", "no step 5 of epoch 4", 2},
      {"\"host.epoch\":\"2\"", "\"host.epoch\":\"0\"", "no step 5 of epoch 0", 2},
      {"\"host.step\":\"5\"", "\"host.step\":\"8\"", "", 0},
      {"\"host.step\":\"5\"", "\"host.step\":\"9\"", "no step 9 of epoch 2", 2},
      {"\"host.step\":\"5\"", "\"host.step\":\"-5\"", "'step' is not a number", 2},
      {"\"host.step\":\"5\"", "\"host.step\":\"5x\"", "'step' is not a number", 2},
      {"\"host.step\":\"5\"", "\"host.step\":\" 5\"", "'step' is not a number", 2},
      {"\"host.step\":\"5\"", "\"host.step\":\"\"", "'step' is not a number", 2},
      {"\"host.step\":\"5\"", "\"host.step\":\"18446744073709551621\"", "'step' is not a number", 2},
      {"\"host.labels\":\"1099511627776\"", "\"host.labels\":\"many\"", "'labels' is not a number", 2},
      {"\"host.epoch_labels\":\"99\"", "\"host.epoch_labels\":\"9.9\"", "'epoch_labels' is not a number", 2},
      {"\"host.epoch_hits\":\"77\"", "\"host.epoch_hits\":\"-77\"", "'epoch_hits' is not a number", 2},
      {"\"host.epoch_weight\":\"0x1.92p+6\"", "\"host.epoch_weight\":\"0x1.92p+6s\"", "'epoch_weight' is not a number",
       2},
      {"\"host.epoch_weight\":\"0x1.92p+6\"", "\"host.epoch_weight\":\"\"", "'epoch_weight' is not a number", 2},
      {"\"host.epoch_weight\":\"0x1.92p+6\"", "\"host.epoch_weight\":\"100.5\"", "", 0},
      {"\"thalnet.checkpoint\":\"1\"", "\"thalnet.checkpoint\":\"2\"", "thalnet.checkpoint", 2}};
  struct example_trainer t = trainer_of(0);
  set_progress(&t);
  expect(save_at_2_5, &t, EXAMPLE_EXIT_SUCCESS, "");
  settings.quiet = 1;
  struct model file = read_file();
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct model edited = model_edit(&file, list[i].from, list[i].to);
    write_file(&edited);
    expect(example_checkpoint_load, &t, list[i].code, list[i].says);
    model_free(&edited);
  }
  file.size--;
  write_file(&file);
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_USAGE, path);
  model_free(&file);
  trainer_free(&t);
}
END_TEST

START_TEST(another_build_is_told) {
  struct example_trainer t = trainer_of(0);
  expect(save_at_2_5, &t, EXAMPLE_EXIT_SUCCESS, "");
  struct model file = read_file(),
               edited = model_edit(&file, "\"thalnet.checkpoint.build\":\"", "\"thalnet.checkpoint.build\":\"other ");
  write_file(&edited);
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "another build of the library");
  settings.quiet = 1;
  expect(example_checkpoint_load, &t, EXAMPLE_EXIT_SUCCESS, "");
  model_free(&file);
  model_free(&edited);
  trainer_free(&t);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("example_checkpoint");
  TCase *cases = tcase_create("example_checkpoint");
  tcase_add_checked_fixture(cases, make_folder, remove_folder);
  tcase_add_test(cases, a_training_goes_on);
  tcase_add_test(cases, there_may_be_none);
  tcase_add_test(cases, saving_can_fail);
  tcase_add_test(cases, seconds_may_be_anything);
  tcase_add_test(cases, other_options_are_refused);
  tcase_add_test(cases, edited_files);
  tcase_add_test(cases, another_build_is_told);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
