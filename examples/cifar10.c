/* SPDX-License-Identifier: MIT */
/* Row-wise sequential CIFAR-10: a network sees an image of 32 x 32 pixels in three colours as 32 frames, one row each, and
 * names what is on it after the last frame.
 *
 * Start reading at run(), near the bottom: load data, describe the inputs, build, train. What is new beside pmnist: inputs of
 * slices of the row (--input slices), and images that are changed anew in every epoch (--augment). */
#include <stdio.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/cifar.h"
#include "common/classifier.h"
#include "common/settings.h"
#include "common/system.h"
#include "common/trainer.h"

enum { FRAMES = EXAMPLE_CIFAR_SIDE, ROW = EXAMPLE_CIFAR_ROW };

struct cifar10 {
  struct example_settings settings;
  const char *input; /* row, slices */
  int augment;
  long shift, overlap;

  struct example_image_data data;
  struct example_normalization normalization;
  struct example_trainer trainer;
  struct example_classifier classifier;
};

/* --- the command line ------------------------------------------------------------------------------------------------ */

/* All have less than 50,000 parameters. Those for photographs were chosen on validation data (docs/results.md). */
static const struct example_defaults for_shapes = {
    .network = {.modules = 4, .features = 24, .context = 18, .layers = 1, .units = 86, .budget = 50000},
    .epochs = 15,
    .batch = 100,
    .rate = 6e-3};
static const struct example_defaults for_photographs = {
    .network =
        {.modules = 8, .features = 25, .context = 8, .reader = "linear", .layers = 3, .units = 48, .budget = 50000},
    .epochs = 40,
    .batch = 200,
    .rate = 1e-2,
    .input_dropout = 0.1,
    .weight_decay = 0.15,
    .average = 0.999};

static struct example_defaults choose_defaults(const struct cifar10 *p, int slices) {
  struct example_defaults chosen = p->settings.data ? for_photographs : for_shapes;
  if (!p->settings.data && slices) { /* inputs are narrower, so that modules can be larger */
    chosen.network.features = 36;
    chosen.network.context = 27;
  }
  if (p->settings.data && p->augment) { /* which takes the place of dropout */
    chosen.epochs = 60;
    chosen.weight_decay = 0.1;
    chosen.input_dropout = 0.0;
  }
  return chosen;
}

static void add_options(struct cifar10 *p) {
  struct example_settings *s = &p->settings;
  struct example_program *program = &s->command;
  const struct example_option data[] = {
      EXAMPLE_OPTIONS_HEADING("Data"),
      {EXAMPLE_TEXT, "data", "DIR",
       "folder with CIFAR-10's binary version, plain or .gz (see\n"
       "fetch_data.sh); without it, shapes that this program draws itself",
       &s->data, 0, 0},
      {EXAMPLE_CHOICE, "input", "row|slices",
       "one input of whole rows; or as many as modules, each with\n"
       "a slice of the row's columns for its own module (slices for a\n"
       "ThalNet on photographs, otherwise row)",
       &p->input, 0, 0},
      {EXAMPLE_COUNT, "overlap", "N", "columns that a slice has of its neighbours, on either side (2)", &p->overlap, 0,
       EXAMPLE_CIFAR_SIDE},
      {EXAMPLE_FLAG, "augment", "", "mirror and shift training images at random, anew in every epoch", &p->augment, 0,
       0},
      {EXAMPLE_COUNT, "shift", "N", "by up to so many pixels (4)", &p->shift, 0, EXAMPLE_CIFAR_SIDE - 1},
  };
  example_options_add(program, data, sizeof data / sizeof data[0]);
  example_classifier_add_data_options(&p->classifier, program);
  example_network_add_options(&s->network, program);
  example_classifier_add_options(&p->classifier, program);
  example_settings_add_training(s);
  example_settings_add_output(s);
}

static int check(struct cifar10 *p, int slices) {
  const struct example_network *network = &p->settings.network;
  const char *mistake = NULL;
  if (p->shift >= 0 && !p->augment) mistake = "--shift needs --augment";
  if (p->overlap >= 0 && !slices) mistake = "--overlap needs --input slices";
  if (slices && (strcmp(network->model, "gru") == 0 || strcmp(network->connect, "ends") == 0))
    mistake = "--input slices is for a ThalNet whose modules all have an input: neither --model gru nor --connect ends";
  else if (slices && (network->modules < 2 || network->modules > EXAMPLE_CIFAR_SIDE))
    mistake = "--input slices needs 2 to 32 --modules, a row has 32 columns; --input row takes any number";
  if (p->shift < 0) p->shift = 4;
  if (p->overlap < 0) p->overlap = 2;
  if (!mistake) return -1;
  example_complain("cifar10", "%s", mistake);
  return EXAMPLE_EXIT_USAGE;
}

/* Returns -1 when the program should go on, otherwise its exit code. */
static int parse(struct cifar10 *p, int argc, char **argv) {
  p->overlap = p->shift = -1;
  p->classifier.frames = FRAMES;
  p->classifier.row = ROW;
  example_settings_start(&p->settings, "cifar10",
                         "Trains a ThalNet, or a GRU, to name what is on small colour photographs "
                         "that it sees row\nby row, 32 steps of 32 pixels in three colours.");
  add_options(p);
  int code = example_options_parse(&p->settings.command, argc, argv);
  if (code >= 0) return code;
  const struct example_network *network = &p->settings.network;
  int plain = network->model && strcmp(network->model, "gru") == 0;
  int ends = network->connect && strcmp(network->connect, "ends") == 0;
  if (!p->input) p->input = p->settings.data && !plain && !ends && network->modules != 1 ? "slices" : "row";
  int slices = strcmp(p->input, "slices") == 0;
  struct example_defaults chosen = choose_defaults(p, slices);
  code = example_settings_finish(&p->settings, &chosen);
  if (code < 0) code = example_classifier_finish(&p->classifier, &p->settings);
  return code < 0 ? check(p, slices) : code;
}

/* --- data ------------------------------------------------------------------------------------------------------------ */

static int load_data(struct cifar10 *p) {
  const char *folder = p->settings.data;
  struct example_error error = {""};
  if (folder ? example_load_cifar(folder, &p->data, &error) : example_draw_shapes(&p->data, &error)) {
    example_complain("cifar10", "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  int code = example_classifier_hold_out(&p->classifier, &p->settings, &p->data);
  if (code) return code;
  p->normalization = example_normalize(&p->data.train); /* the same for fewer training images */
  example_classifier_cut(&p->classifier, &p->settings, &p->data.train);
  if (p->settings.quiet) return EXAMPLE_EXIT_SUCCESS;
  printf("data: %s%s", folder ? "images in " : "shapes drawn by this program, NOT CIFAR-10 (--data is for that)",
         folder ? folder : "");
  printf("; %zu for training, %zu for validation, %zu for the test\n", p->data.train.count, p->data.validation.count,
         p->data.test.count);
  return EXAMPLE_EXIT_SUCCESS;
}

/* The network's inputs and its output. Slices share the row out among the modules; each also sees the edges of its
 * neighbours'. */
static void describe_ports(struct cifar10 *p) {
  struct example_network *network = &p->trainer.network;
  struct example_ports *ports = &network->ports;
  struct example_view *views = p->classifier.views;
  *network = p->settings.network;
  ports->output = "class";
  ports->output_size = EXAMPLE_CLASSES;
  ports->steps_per_frame = 1;
  ports->input = "rows";
  ports->input_count = 1;
  ports->input_sizes[0] = ROW;
  views[0] = example_view_turn(ROW, 0, 1);
  if (!p->input || strcmp(p->input, "slices") != 0) return;
  ports->input = "slice";
  ports->input_words = "a slice of the row";
  ports->input_count = (size_t)network->modules;
  for (size_t i = 0; i < ports->input_count; i++) {
    views[i] = example_view_slice(FRAMES, EXAMPLE_CIFAR_COLOURS, i, ports->input_count, (size_t)p->overlap);
    ports->input_sizes[i] = views[i].count;
  }
}

/* In training maybe mirrored and shifted, anew in every epoch. */
static void show(void *context, const uint8_t *pixels, uint32_t number, size_t epoch, float *values) {
  const struct cifar10 *p = context;
  struct example_change change = {0, 0, 0};
  if (p->augment && epoch > 0) change = example_draw_change((uint64_t)p->settings.seed, epoch, number, p->shift);
  example_show_image(pixels, &p->normalization, &change, values);
}

/* --- the program ----------------------------------------------------------------------------------------------------- */

static int run(struct cifar10 *p) {
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
  static struct cifar10 p;
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
