/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

enum { PAIR_LIMIT = EXAMPLE_OPTION_LIMIT + 16, KEY_SIZE = 64, VALUE_SIZE = 64 };

/* The host's part of a checkpoint. */
struct notes {
  thalnet_checkpoint_pair pairs[PAIR_LIMIT];
  char keys[PAIR_LIMIT][KEY_SIZE], values[PAIR_LIMIT][VALUE_SIZE];
  size_t count;
};

/* Results do not depend on these. (The curve's columns do on --curve-test.) */
static int may_change(const char *option) {
  static const char *const names[] = {"data",       "threads", "max-seconds", "out",    "load",
                                      "curve",      "resume",  "no-test",     "quiet",  "checkpoint-every",
                                      "stop-after", "sample",  "predictions", "prompt", "temperature"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(names[i], option) == 0) return 1;
  return 0;
}

static void format_option(const struct example_option *option, char key[KEY_SIZE], char value[VALUE_SIZE],
                          const char **value_out) {
  snprintf(key, KEY_SIZE, "option.%s", option->name);
  for (char *c = key; *c; c++)
    if (*c == '-') *c = '_';
  *value_out = value;
  switch (option->kind) {
  case EXAMPLE_COUNT: snprintf(value, VALUE_SIZE, "%ld", *(long *)option->value); break;
  case EXAMPLE_NUMBER: snprintf(value, VALUE_SIZE, "%.17g", *(double *)option->value); break;
  case EXAMPLE_FLAG: snprintf(value, VALUE_SIZE, "%d", *(int *)option->value); break;
  default: /* a text or a choice */
    value[0] = '\0';
    if (*(const char **)option->value) *value_out = *(const char **)option->value;
  }
}

static char *next_value(struct notes *notes, const char *key) {
  size_t i = notes->count++;
  snprintf(notes->keys[i], KEY_SIZE, "%s", key);
  notes->pairs[i].key = notes->keys[i];
  notes->pairs[i].value = notes->values[i];
  return notes->values[i];
}

static void note_count(struct notes *notes, const char *key, uint64_t count) {
  snprintf(next_value(notes, key), VALUE_SIZE, "%" PRIu64, count);
}

/* In hexadecimal, so that no bit is lost. */
static void note_number(struct notes *notes, const char *key, double number) {
  snprintf(next_value(notes, key), VALUE_SIZE, "%a", number);
}

static void take_notes(const struct example_trainer *t, size_t epoch, size_t step, struct notes *notes) {
  const struct example_program *command = &t->settings->command;
  const struct example_progress *progress = &t->progress;
  notes->count = 0;
  for (size_t i = 0; i < command->option_count; i++) {
    const struct example_option *option = &command->options[i];
    if (option->kind == EXAMPLE_HEADING || may_change(option->name)) continue;
    size_t k = notes->count++;
    notes->pairs[k].key = notes->keys[k];
    format_option(option, notes->keys[k], notes->values[k], &notes->pairs[k].value);
  }
  snprintf(next_value(notes, "program"), VALUE_SIZE, "%s", t->settings->program);
  note_count(notes, "data", t->task.fingerprint);
  note_count(notes, "epoch", epoch);
  note_count(notes, "step", step);
  note_count(notes, "labels", progress->labels);
  note_count(notes, "epoch_labels", progress->sums.labels);
  note_count(notes, "epoch_hits", progress->sums.hits);
  note_number(notes, "epoch_loss", progress->sums.loss);
  note_number(notes, "epoch_weight", progress->sums.weight);
  note_number(notes, "train", t->train);
  note_number(notes, "validation", t->validation);
}

static void fill_contents(struct example_trainer *t, thalnet_checkpoint_contents *contents) {
  contents->net = t->net;
  contents->optimizer = t->optimizer;
  contents->states = &t->state;
  contents->state_count = t->state ? 1 : 0;
}

/* How long training took is beside the checkpoint, so that the same training gives the same file. Nothing depends on it but
 * --max-seconds and what is printed: it may be gone, or of another checkpoint after a crash. */
static int save_seconds(const struct example_trainer *t) {
  char *path = example_join(t->settings->out, "seconds.txt");
  FILE *file = path ? fopen(path, "w") : NULL;
  int written = 0;
  if (file) {
    const int count = fprintf(file, "%.2f\n", t->progress.trained); /* negative after an error */
    written = count > 0;
    if (fclose(file)) written = 0;
  }
  if (!written) example_complain(t->settings->program, "%s: it could not be written", path ? path : "seconds.txt");
  free(path);
  return written ? EXAMPLE_EXIT_SUCCESS : EXAMPLE_EXIT_FAILURE;
}

static double load_seconds(const struct example_trainer *t) {
  char *path = example_join(t->settings->out, "seconds.txt"), line[64] = "";
  FILE *file = path ? fopen(path, "r") : NULL;
  if (file && !fgets(line, sizeof line, file)) line[0] = '\0';
  if (file) fclose(file);
  free(path);
  double seconds = strtod(line, NULL);
  return isfinite(seconds) && seconds > 0.0 ? seconds : 0.0;
}

int example_checkpoint_save(struct example_trainer *t, size_t epoch, size_t step) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  struct notes *notes = malloc(sizeof *notes);
  char *path = example_join(t->settings->out, "checkpoint.safetensors");
  int code = EXAMPLE_EXIT_FAILURE;
  if (notes && path) {
    take_notes(t, epoch, step, notes);
    fill_contents(t, &contents);
    contents.pairs = notes->pairs;
    contents.pair_count = notes->count;
    thalnet_status status = thalnet_checkpoint_save(path, &contents, NULL);
    code = status ? example_library_failed(t->settings->program, status) : save_seconds(t);
    if (!status) {
      t->saved_epoch = epoch;
      t->saved_step = step;
    }
  } else {
    example_complain(t->settings->program, "no memory");
  }
  free(notes);
  free(path);
  return code;
}

/* --- going on -------------------------------------------------------------------------------------------------------- */

/* The program, its options and its data are those of the checkpoint. */
static int compare(const struct example_trainer *t, const char *path, const thalnet_checkpoint *checkpoint,
                   struct notes *notes, struct example_error *error) {
  const char *saved = thalnet_checkpoint_find(checkpoint, "program");
  if (!saved || strcmp(saved, t->settings->program) != 0)
    return example_fail(error, "%.700s: it was saved by %s", path, saved ? saved : "another program");
  take_notes(t, 0, 0, notes);
  for (size_t i = 0; i < notes->count; i++) {
    const char *key = notes->pairs[i].key;
    saved = thalnet_checkpoint_find(checkpoint, key);
    int is_option = strncmp(key, "option.", 7) == 0;
    if (!saved) return example_fail(error, "%.700s: it does not say '%s'", path, key);
    if (is_option && strcmp(saved, notes->pairs[i].value) != 0) {
      char name[KEY_SIZE];
      snprintf(name, sizeof name, "%s", key + 7);
      for (char *c = name; *c; c++)
        if (*c == '_') *c = '-';
      return example_fail(error, "%.500s: it was saved with --%s %.100s, not %.100s", path, name, saved,
                          notes->pairs[i].value);
    }
    if (strcmp(key, "data") == 0 && strcmp(saved, notes->pairs[i].value) != 0)
      return example_fail(error, "%.700s: it was saved with other training data", path);
  }
  return 0;
}

/* All keys are there. *wrong becomes the key of a value that is not a number. */
static uint64_t count_of(const thalnet_checkpoint *checkpoint, const char *key, const char **wrong) {
  const char *text = thalnet_checkpoint_find(checkpoint, key);
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 19 || text[digits] != '\0') *wrong = key; /* 19: all of them fit */
  return strtoull(text, NULL, 10);
}

static double number_of(const thalnet_checkpoint *checkpoint, const char *key, const char **wrong) {
  const char *text = thalnet_checkpoint_find(checkpoint, key);
  char *end;
  double number = strtod(text, &end);
  if (end == text || *end != '\0') *wrong = key;
  return number;
}

static int restore(struct example_trainer *t, const char *path, const thalnet_checkpoint *checkpoint,
                   struct example_error *error) {
  struct example_progress *progress = &t->progress;
  const char *wrong = NULL;
  t->epoch = (size_t)count_of(checkpoint, "epoch", &wrong);
  t->step = (size_t)count_of(checkpoint, "step", &wrong);
  t->train = number_of(checkpoint, "train", &wrong);
  t->validation = number_of(checkpoint, "validation", &wrong);
  progress->labels = count_of(checkpoint, "labels", &wrong);
  progress->trained = load_seconds(t);
  progress->sums.labels = count_of(checkpoint, "epoch_labels", &wrong);
  progress->sums.hits = count_of(checkpoint, "epoch_hits", &wrong);
  progress->sums.loss = number_of(checkpoint, "epoch_loss", &wrong);
  progress->sums.weight = number_of(checkpoint, "epoch_weight", &wrong);
  if (wrong) return example_fail(error, "%.700s: its '%s' is not a number", path, wrong);
  if (t->epoch < 1 || t->epoch > (size_t)t->settings->epochs || t->step > t->task.steps)
    return example_fail(error, "%.700s: there is no step %zu of epoch %zu", path, t->step, t->epoch);
  t->saved_epoch = t->epoch;
  t->saved_step = t->step;
  return 0;
}

static int load(struct example_trainer *t, const char *path, struct notes *notes) {
  struct example_error error = {""};
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_checkpoint *checkpoint;
  fill_contents(t, &contents);
  int failed = thalnet_checkpoint_load(path, &contents, NULL, &checkpoint) != THALNET_OK;
  if (failed) example_fail(&error, "%s", thalnet_error_text());
  if (!failed) failed = compare(t, path, checkpoint, notes, &error);
  if (!failed) failed = restore(t, path, checkpoint, &error);
  if (!failed && !t->settings->quiet) {
    printf("going on after step %zu of epoch %zu\n", t->step, t->epoch);
    if (!thalnet_checkpoint_same_build(checkpoint))
      printf("the checkpoint was saved by another build of the library or on another processor (%s): results may "
             "differ in their last digits\n",
             thalnet_checkpoint_build(checkpoint));
  }
  thalnet_checkpoint_free(checkpoint);
  if (failed) example_complain(t->settings->program, "%s", error.text);
  return failed ? EXAMPLE_EXIT_USAGE : EXAMPLE_EXIT_SUCCESS;
}

int example_checkpoint_load(struct example_trainer *t) {
  char *path = example_join(t->settings->out, "checkpoint.safetensors");
  struct notes *notes = malloc(sizeof *notes);
  int code = EXAMPLE_EXIT_FAILURE;
  if (!path || !notes) {
    example_complain(t->settings->program, "no memory");
  } else if (access(path, F_OK) && errno == ENOENT) { /* a job that is started over and over begins like this */
    if (!t->settings->quiet) printf("there is no %s: starting from the beginning\n", path);
    code = EXAMPLE_EXIT_SUCCESS;
  } else {
    code = load(t, path, notes);
  }
  free(path);
  free(notes);
  return code;
}
