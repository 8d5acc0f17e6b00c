/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

#include "system.h"

void example_settings_start(struct example_settings *s, const char *program, const char *about) {
  memset(s, 0, sizeof *s);
  s->program = s->command.name = program;
  s->command.about = about;
  example_network_start(&s->network);
  s->epochs = s->batch = s->threads = s->warmup = s->checkpoint_every = s->stop_after = -1; /* not given */
  s->rate = s->input_dropout = s->weight_decay = s->average = -1.0;
  s->train_share = s->clip = 1.0;
}

void example_settings_add_training(struct example_settings *s) {
  if (!s->epochs_help) s->epochs_help = "passes over the training data";
  if (!s->batch_option) {
    s->batch_option = "batch";
    s->batch_help = "sequences a step";
  }
  const struct example_option options[] = {
      EXAMPLE_OPTIONS_HEADING("Training (Adam or AdamW, warm-up, then half a cosine down to zero)"),
      {EXAMPLE_COUNT, "epochs", "N", s->epochs_help, &s->epochs, 1, 1e6},
      {EXAMPLE_NUMBER, "max-seconds", "X", "stop training after so many seconds of it", &s->max_seconds, 0, DBL_MAX},
      {EXAMPLE_COUNT, s->batch_option, "N", s->batch_help, &s->batch, 1, 1e5},
      {EXAMPLE_NUMBER, "lr", "X", "highest learning rate", &s->rate, 0, DBL_MAX},
      {EXAMPLE_COUNT, "warmup", "N", "steps until it is reached (200, or a fifth of all)", &s->warmup, 0, 1e9},
      {EXAMPLE_NUMBER, "clip", "X", "largest norm of a gradient (1)", &s->clip, DBL_MIN, DBL_MAX},
      {EXAMPLE_NUMBER, "weight-decay", "X", "AdamW's; 0: Adam", &s->weight_decay, 0, DBL_MAX},
      {EXAMPLE_NUMBER, "input-dropout", "X", "share of the input left out, drawn for every frame", &s->input_dropout, 0,
       0.99},
      {EXAMPLE_NUMBER, "variational-input-dropout", "X", "the same, drawn once for all frames of a sequence",
       &s->variational_input_dropout, 0, 0.99},
      {EXAMPLE_NUMBER, "context-dropout", "X", "share of the contexts left out, drawn once for a sequence",
       &s->context_dropout, 0, 0.99},
      {EXAMPLE_NUMBER, "feature-dropout", "X", "share of the center that readers and outputs do not see",
       &s->feature_dropout, 0, 0.99},
      {EXAMPLE_NUMBER, "module-dropout", "X", "share of modules that they do not see", &s->module_dropout, 0, 0.99},
      {EXAMPLE_NUMBER, "smoothing", "X", "share of a label that is spread over all classes (0)", &s->smoothing, 0,
       0.99},
      {EXAMPLE_NUMBER, "average", "X",
       "evaluate and save a moving average of the weights, which keeps\n"
       "this share of itself at a step, such as 0.999; 0: none",
       &s->average, 0, 0.9999999},
      {EXAMPLE_NUMBER, "train-share", "X", "train on the first part of the training data only (1)", &s->train_share,
       DBL_MIN, 1},
      {EXAMPLE_COUNT, "seed", "N", "of weights, order and dropout (0)", &s->seed, 0, INT32_MAX},
      {EXAMPLE_COUNT, "threads", "N", "results do not depend on it (all cores)", &s->threads, 1, 1024},
  };
  example_options_add(&s->command, options, sizeof options / sizeof options[0]);
}

void example_settings_add_output(struct example_settings *s) {
  const struct example_option options[] = {
      EXAMPLE_OPTIONS_HEADING("Output"),
      {EXAMPLE_TEXT, "out", "DIR",
       "save model.safetensors, checkpoints and who reads whom there, as\n"
       "routing.txt, graph.* and pictures",
       &s->out, 0, 0},
      {EXAMPLE_COUNT, "checkpoint-every", "N", "epochs from checkpoint to checkpoint, 0: none but at the end (1)",
       &s->checkpoint_every, 0, 1e6},
      {EXAMPLE_COUNT, "stop-after", "N", "stop after so many steps in all, as Ctrl-C does: --resume goes on",
       &s->stop_after, 0, 1e9},
      {EXAMPLE_FLAG, "resume", "", "go on from the checkpoint in --out, bit for bit", &s->resume, 0, 0},
      {EXAMPLE_TEXT, "load", "FILE", "do not train, but take this model.safetensors", &s->load, 0, 0},
      {EXAMPLE_TEXT, "curve", "FILE", "write one line of comma-separated values an epoch", &s->curve, 0, 0},
      {EXAMPLE_FLAG, "curve-test", "", "with the test set's measure in it: never choose by it", &s->curve_test, 0, 0},
  };
  example_options_add(&s->command, options, sizeof options / sizeof options[0]);
  example_settings_add_quiet(s);
}

void example_settings_add_quiet(struct example_settings *s) {
  const struct example_option options[] = {
      {EXAMPLE_FLAG, "no-test", "", "leave the test set alone: for choosing settings", &s->no_test, 0, 0},
      {EXAMPLE_FLAG, "quiet", "", "print the result only", &s->quiet, 0, 0},
  };
  example_options_add(&s->command, options, sizeof options / sizeof options[0]);
}

static void fill(long *value, long standard) {
  if (*value < 0) *value = standard;
}

static int check(const struct example_settings *s, struct example_error *error) {
  if (s->curve_test && s->no_test) return example_fail(error, "--curve-test does not go with --no-test");
  if (s->curve_test && !s->curve) return example_fail(error, "--curve-test needs --curve");
  if (!s->out && (s->resume || s->checkpoint_every >= 0))
    return example_fail(error, "--%s needs --out", s->resume ? "resume" : "checkpoint-every");
  if (!s->out && s->stop_after >= 0) return example_fail(error, "--stop-after needs --out");
  if (s->input_dropout > 0.0 && s->variational_input_dropout > 0.0)
    return example_fail(error, "--variational-input-dropout takes the place of --input-dropout: give one of them");
  int trains = s->epochs >= 0 || s->batch >= 0 || s->rate >= 0.0 || s->weight_decay >= 0.0 || s->average >= 0.0 ||
               s->input_dropout >= 0.0 || s->max_seconds > 0.0;
  if (s->load && (s->out || s->curve || trains))
    return example_fail(error, "--load does not train: --out, --curve and options of training do not go with it");
  return 0;
}

int example_settings_finish(struct example_settings *s, const struct example_defaults *defaults) {
  struct example_error error = {""};
  if (check(s, &error) || example_network_finish(&s->network, &defaults->network, &error) ||
      (s->out && example_make_folder(s->out, &error))) {
    example_complain(s->program, "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  if (s->context_dropout > 0.0 && (strcmp(s->network.model, "gru") == 0 || strcmp(s->network.reader, "none") == 0)) {
    example_complain(s->program, "--context-dropout is of what readers read: there are none");
    return EXAMPLE_EXIT_USAGE;
  }
  fill(&s->epochs, defaults->epochs);
  fill(&s->batch, defaults->batch);
  fill(&s->threads, example_cores() < 1024 ? example_cores() : 1024);
  if (s->rate < 0.0) s->rate = defaults->rate;
  if (s->input_dropout < 0.0) s->input_dropout = s->variational_input_dropout > 0.0 ? 0.0 : defaults->input_dropout;
  if (s->weight_decay < 0.0) s->weight_decay = defaults->weight_decay;
  if (s->average < 0.0) s->average = defaults->average;
  if (s->checkpoint_every < 0) s->checkpoint_every = 1;
  return -1;
}
