/* SPDX-License-Identifier: MIT */
/* A language model of characters: a network reads a text, one byte a frame, and says at each which byte comes next. Made for
 * text8, the first 10^8 characters of an encyclopedia in 27 letters; any file will do.
 *
 * Start reading at run(), near the bottom. What is new beside pmnist: tokens, an answer at every frame, several steps a
 * frame, memory that is carried from batch to batch, and live use of the trained network (common/sampler.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/language.h"
#include "common/settings.h"
#include "common/system.h"
#include "common/text.h"
#include "common/trainer.h"

struct text8 {
  struct example_settings settings;
  long bytes, steps_per_frame;
  const char *preset;

  struct example_text text;
  struct example_trainer trainer;
  struct example_language language;
};

/* --- the command line ------------------------------------------------------------------------------------------------ */

/* Both models of a kind of data have about as many parameters; those of the paper's are its own. */
static const struct example_defaults for_files = {
    .network = {.modules = 4, .features = 96, .context = 72, .layers = 1, .units = 322, .budget = 360000},
    .epochs = 5,
    .batch = 64,
    .rate = 4e-3};
/* As in the trainings of docs/results.md. */
static const struct example_defaults tuned = {.network = {.modules = 2,
                                                          .features = 283,
                                                          .context = 96,
                                                          .own = "skip",
                                                          .cell = "lstm",
                                                          .in_order = 1,
                                                          .reader_gain = 0.2,
                                                          .gate_bias = 1,
                                                          .layer_norm = 1,
                                                          .layers = 2,
                                                          .units = 326,
                                                          .budget = 1000000},
                                              .epochs = 1,
                                              .batch = 16,
                                              .rate = 6e-3,
                                              .weight_decay = 0.1,
                                              .average = 0.998};
static const struct example_defaults as_in_the_paper = {.network = {.connect = "ends",
                                                                    .modules = 4,
                                                                    .dense = 400,
                                                                    .features = 600,
                                                                    .context = 400,
                                                                    .layers = 1,
                                                                    .units = 2000,
                                                                    .budget = 14100000},
                                                        .epochs = 5,
                                                        .batch = 100,
                                                        .rate = 1e-3};
static const struct example_defaults for_grammar = {
    .network = {.modules = 4, .features = 48, .context = 36, .layers = 1, .units = 162, .budget = 100000},
    .epochs = 6,
    .batch = 32,
    .rate = 6e-3};

static void add_options(struct text8 *p) {
  struct example_settings *s = &p->settings;
  struct example_program *program = &s->command;
  const struct example_option data[] = {
      EXAMPLE_OPTIONS_HEADING("Data"),
      {EXAMPLE_TEXT, "data", "FILE",
       "any text, plain or .gz (see fetch_data.sh); without it, sentences\n"
       "that this program writes itself",
       &s->data, 0, 0},
      {EXAMPLE_COUNT, "bytes", "N", "take the first N bytes of it only", &p->bytes, 1, INT32_MAX},
      {EXAMPLE_COUNT, "steps-per-frame", "N", "steps of the network a character (2; plain GRU, in order: 1)",
       &p->steps_per_frame, 1, 64},
  };
  const struct example_option preset[] = {
      EXAMPLE_OPTIONS_HEADING("Preset"),
      {EXAMPLE_CHOICE, "preset", "default|tuned|paper",
       "default: 4 GRU modules, input to all, output from all;\n"
       "tuned: a million parameters in 2 LSTM modules that go in order, with\n"
       "layer norm, one pass; 2 layers of 326 as GRU;\n"
       "paper: 12 million parameters in 4 modules of a dense layer and a\n"
       "GRU, input at the first, output at the last; 2000 units as GRU",
       &p->preset, 0, 0},
  };
  example_options_add(program, data, sizeof data / sizeof data[0]);
  example_language_add_data_options(&p->language, program);
  example_options_add(program, preset, sizeof preset / sizeof preset[0]);
  example_network_add_options(&s->network, program);
  example_settings_add_training(s);
  example_settings_add_output(s);
  example_language_add_options(&p->language, program);
}

static const struct example_defaults *defaults_of(const struct text8 *p) {
  if (p->preset && strcmp(p->preset, "paper") == 0) return &as_in_the_paper;
  if (p->preset && strcmp(p->preset, "tuned") == 0) return &tuned;
  return p->settings.data ? &for_files : &for_grammar;
}

/* Returns -1 when the program should go on, otherwise its exit code. */
static int parse(struct text8 *p, int argc, char **argv) {
  struct example_settings *s = &p->settings;
  p->bytes = 0;
  p->steps_per_frame = -1;
  example_settings_start(s, "text8", "Trains a ThalNet, or a GRU, to say which character of a text comes next.");
  s->batch_option = "streams";
  s->batch_help = "places of the text that are read side by side";
  add_options(p);
  int code = example_options_parse(&p->settings.command, argc, argv);
  if (code < 0) code = example_settings_finish(s, defaults_of(p));
  if (code >= 0) return code;
  if (p->bytes > 0 && !s->data) {
    example_complain("text8", "--bytes needs --data");
    return EXAMPLE_EXIT_USAGE;
  }
  if (p->steps_per_frame < 0) p->steps_per_frame = strcmp(s->network.model, "gru") == 0 || s->network.in_order ? 1 : 2;
  return example_language_finish(&p->language, s);
}

/* --- data ------------------------------------------------------------------------------------------------------------ */

static int load_data(struct text8 *p) {
  struct example_settings *s = &p->settings;
  struct example_error error = {""};
  int status =
      s->data ? example_load_text(s->data, (size_t)p->bytes, &p->text, &error) : example_write_text(&p->text, &error);
  if (status) {
    example_complain("text8", "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  p->text.train.count = (size_t)(s->train_share * (double)p->text.train.count);
  if (s->quiet) return EXAMPLE_EXIT_SUCCESS;
  printf("data: %s", s->data ? s->data : "sentences written by this program, NOT text8 (--data is for that)");
  printf("; %zu characters for training, %zu for validation, %zu for the test; %zu different ones\n",
         p->text.train.count, p->text.validation.count, p->text.test.count, p->text.kinds);
  return EXAMPLE_EXIT_SUCCESS;
}

/* The network has one input and one output, both of characters and both with the same number of steps for each. */
static void describe_ports(struct text8 *p) {
  struct example_ports *ports = &p->trainer.network.ports;
  p->trainer.network = p->settings.network;
  ports->input = "character";
  ports->input_count = 1;
  ports->input_sizes[0] = p->text.kinds;
  ports->tokens = 1;
  ports->output = "next";
  ports->output_size = p->text.kinds;
  ports->steps_per_frame = (int32_t)p->steps_per_frame;
}

/* --- the program ----------------------------------------------------------------------------------------------------- */

static int run(struct text8 *p) {
  p->trainer.settings = &p->settings;
  int code = load_data(p);
  if (code) return code;
  describe_ports(p);
  code = example_language_prepare(&p->language, &p->trainer, &p->text); /* characters make the task */
  if (!code) code = example_prepare(&p->trainer);                       /* builds the network */
  if (!code) code = example_language_ready(&p->language);
  if (!code) code = example_run(&p->trainer); /* trains and tests it */
  return code;
}

int main(int argc, char **argv) {
  static struct text8 p;
  p.trainer.started = example_seconds();
  int code = parse(&p, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  code = run(&p);
  example_trainer_free(&p.trainer);
  example_language_free(&p.language);
  example_text_free(&p.text);
  return code;
}
