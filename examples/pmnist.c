/* SPDX-License-Identifier: MIT */
/* Row-wise sequential permuted MNIST: a network sees an image of 28 x 28 pixels as 28 frames of 28 pixels, all pixels
 * rearranged in one fixed random order, and names the digit after the last frame.
 *
 * Start reading at run(), near the bottom: load data, describe the inputs, build, train. How a center is built stands in
 * common/network.c, the loop with optimizer and schedule in common/trainer.c, labels and evaluation in
 * common/classifier.c. */
#include <stdio.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/classifier.h"
#include "common/mnist.h"
#include "common/settings.h"
#include "common/system.h"
#include "common/trainer.h"

enum { MNIST_EPOCHS = 14, DRAWN_EPOCHS = 24, MNIST_GRU_TURNS = 7 };

struct pmnist {
  struct example_settings settings;
  const char *preset;
  long permutation, turns;

  struct example_image_data data;
  struct example_trainer trainer;
  struct example_classifier classifier;
};

/* --- the command line ------------------------------------------------------------------------------------------------ */

/* All networks have less than 50,000 parameters. The default's for MNIST were chosen on validation data (docs/results.md),
 * those for drawn digits to be over soon. w1 and w2 are made for one model, which is their default. */
static const struct example_defaults for_mnist = {.network = {.modules = 7,
                                                              .features = 26,
                                                              .context = 10,
                                                              .reader = "linear",
                                                              .own = "skip",
                                                              .layers = 1,
                                                              .units = 110,
                                                              .budget = 50000},
                                                  .epochs = 60,
                                                  .batch = 200,
                                                  .rate = 2e-2,
                                                  .input_dropout = 0.25,
                                                  .weight_decay = 0.1,
                                                  .average = 0.999};
static const struct preset {
  const char *name;
  struct example_defaults defaults;
} presets[] = {
    {"default",
     {.network = {.modules = 4, .features = 32, .context = 24, .layers = 1, .units = 110, .budget = 50000},
      .batch = 200,
      .rate = 1e-2,
      .input_dropout = 0.15}},
    {"paper",
     {.network = {.connect = "ends",
                  .modules = 4,
                  .dense = 32,
                  .features = 32,
                  .context = 32,
                  .layers = 4,
                  .units = 45,
                  .budget = 50000},
      .batch = 200,
      .rate = 1e-2,
      .input_dropout = 0.15}},
    {"w1",
     {.network = {.model = "gru", .modules = 1, .layers = 4, .units = 45, .budget = 50000}, .batch = 50, .rate = 2e-3}},
    {"w2",
     {.network = {.model = "thalnet",
                  .connect = "ends",
                  .modules = 4,
                  .dense = 32,
                  .features = 32,
                  .context = 32,
                  .budget = 50000},
      .batch = 50,
      .rate = 2e-3}},
};

static void add_options(struct pmnist *p) {
  struct example_settings *s = &p->settings;
  struct example_program *program = &s->command;
  const struct example_option data[] = {
      EXAMPLE_OPTIONS_HEADING("Data"),
      {EXAMPLE_TEXT, "data", "DIR",
       "folder with MNIST's four files, plain or .gz (see fetch_data.sh);\n"
       "without it, digits that this program draws itself",
       &s->data, 0, 0},
      {EXAMPLE_COUNT, "permutation", "N", "number of the order of the pixels, 0: as they are (1)", &p->permutation, 0,
       UINT32_MAX},
      {EXAMPLE_COUNT, "turns", "N",
       "inputs that take turns: each row goes to the next of them, and\n"
       "the others see nothing; in a ThalNet each has modules of its own,\n"
       "in a plain GRU weights of its own (MNIST: as many as modules, up\n"
       "to 28, plain GRU 7; drawn digits, other presets, --connect ends: 1)",
       &p->turns, 1, EXAMPLE_SIDE},
  };
  const struct example_option preset[] = {
      EXAMPLE_OPTIONS_HEADING("Preset"),
      {EXAMPLE_CHOICE, "preset", "default|paper|w1|w2",
       "default: for drawn digits 4 GRU modules, input to all, output\n"
       "from all; for MNIST 7 modules with inputs that take turns;\n"
       "paper: modules of a dense layer and a GRU, input at the first,\n"
       "output at the last; w1, w2: the networks speed is measured with",
       &p->preset, 0, 0},
  };
  example_options_add(program, data, sizeof data / sizeof data[0]);
  example_classifier_add_data_options(&p->classifier, program);
  example_options_add(program, preset, sizeof preset / sizeof preset[0]);
  example_network_add_options(&s->network, program);
  example_classifier_add_options(&p->classifier, program);
  example_settings_add_training(s);
  example_settings_add_output(s);
}

/* Every module has its own rows; weights of a plain GRU for rows of their own cost it units. */
static long choose_turns(const struct example_network *network) {
  if (strcmp(network->connect, "ends") == 0) return 1;
  if (strcmp(network->model, "gru") == 0) return MNIST_GRU_TURNS;
  return network->modules < EXAMPLE_SIDE ? network->modules : EXAMPLE_SIDE;
}

static int check(const struct pmnist *p) {
  const struct example_network *network = &p->settings.network;
  if (strcmp(network->model, "gru") == 0 || strcmp(network->connect, "ends") == 0 || p->turns <= network->modules)
    return -1;
  example_complain("pmnist", "--turns %ld needs as many --modules, not %ld", p->turns, network->modules);
  return EXAMPLE_EXIT_USAGE;
}

/* Returns -1 when the program should go on, otherwise its exit code. */
static int parse(struct pmnist *p, int argc, char **argv) {
  const struct preset *preset = presets;
  p->permutation = 1;
  p->turns = -1; /* not given */
  p->classifier.frames = p->classifier.row = EXAMPLE_SIDE;
  example_settings_start(&p->settings, "pmnist",
                         "Trains a ThalNet, or a GRU, to name handwritten digits that it sees row by row, 28 steps\n"
                         "of 28 pixels, after the pixels have been rearranged in one fixed random order.");
  add_options(p);
  int code = example_options_parse(&p->settings.command, argc, argv);
  if (code >= 0) return code;
  for (size_t i = 0; p->preset && i < sizeof presets / sizeof presets[0]; i++)
    if (strcmp(presets[i].name, p->preset) == 0) preset = &presets[i];
  p->preset = preset->name;
  const char *made_for = preset->defaults.network.model, *model = p->settings.network.model;
  if (made_for && model && strcmp(made_for, model) != 0) {
    example_complain("pmnist", "--preset %s is made for --model %s", preset->name, made_for);
    return EXAMPLE_EXIT_USAGE;
  }
  struct example_defaults defaults = preset->defaults;
  defaults.epochs = p->settings.data ? MNIST_EPOCHS : DRAWN_EPOCHS;
  int best = p->settings.data && preset == presets;
  if (best) defaults = for_mnist;
  code = example_settings_finish(&p->settings, &defaults);
  if (code < 0 && p->turns < 0) p->turns = best ? choose_turns(&p->settings.network) : 1;
  if (code < 0) code = check(p);
  return code < 0 ? example_classifier_finish(&p->classifier, &p->settings) : code;
}

/* --- data ------------------------------------------------------------------------------------------------------------ */

static int load_data(struct pmnist *p) {
  const char *folder = p->settings.data;
  struct example_error error = {""};
  int status = folder ? example_load_mnist(folder, &p->data, &error) : example_draw_digits(&p->data, &error);
  if (!status) status = example_permute_pixels(&p->data, (uint32_t)p->permutation, &error);
  if (status) {
    example_complain("pmnist", "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  int code = example_classifier_hold_out(&p->classifier, &p->settings, &p->data);
  if (code) return code;
  example_classifier_cut(&p->classifier, &p->settings, &p->data.train);
  if (p->settings.quiet) return EXAMPLE_EXIT_SUCCESS;
  printf("data: %s%s", folder ? "images in " : "digits drawn by this program, NOT MNIST (--data is for that)",
         folder ? folder : "");
  printf("; %zu for training, %zu for validation, %zu for the test; permutation %ld\n", p->data.train.count,
         p->data.validation.count, p->data.test.count, p->permutation);
  return EXAMPLE_EXIT_SUCCESS;
}

/* The network has one input, a row of pixels, or several of that size, and one output, the digits. */
static void describe_ports(struct pmnist *p) {
  struct example_ports *ports = &p->trainer.network.ports;
  p->trainer.network = p->settings.network;
  ports->input = "rows";
  ports->input_count = (size_t)p->turns;
  for (size_t i = 0; i < ports->input_count; i++) {
    ports->input_sizes[i] = EXAMPLE_SIDE;
    p->classifier.views[i] = example_view_turn(EXAMPLE_SIDE, i, ports->input_count);
  }
  ports->input_words = "rows in turn";
  ports->output = "digit";
  ports->output_size = EXAMPLE_DIGITS;
  ports->steps_per_frame = 1;
}

static void show(void *context, const uint8_t *pixels, uint32_t number, size_t epoch, float *values) {
  (void)context, (void)number, (void)epoch; /* an image is the same in every epoch */
  for (size_t k = 0; k < EXAMPLE_PIXELS; k++) values[k] = (float)pixels[k] / 255.0f;
}

/* --- the program ----------------------------------------------------------------------------------------------------- */

static int run(struct pmnist *p) {
  p->trainer.settings = &p->settings;
  p->classifier.context = p;
  p->classifier.show = show;
  int code = load_data(p);
  if (code) return code;
  describe_ports(p);
  code = example_classifier_prepare(&p->classifier, &p->trainer, &p->data); /* images make the task */
  if (!code) code = example_prepare(&p->trainer);                           /* builds the network */
  if (!code) code = example_run(&p->trainer);                               /* trains and tests it */
  return code;
}

int main(int argc, char **argv) {
  static struct pmnist p;
  p.trainer.started = example_seconds();
  int code = parse(&p, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  code = run(&p);
  example_trainer_free(&p.trainer);
  example_classifier_free(&p.classifier);
  example_image_data_free(&p.data);
  return code;
}
