/* SPDX-License-Identifier: MIT */
#include "pmnist_settings.h"

#include <float.h>
#include <stddef.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/error.h"
#include "common/options.h"
#include "common/system.h"

enum { MNIST_EPOCHS = 14, DRAWN_EPOCHS = 24 };

/* All presets' networks have less than 50,000 parameters. */
static const struct preset {
  const char *name, *model; /* the one model it is made for, or NULL: both */
  int32_t ends;
  long dense, features, context; /* of --model thalnet */
  long layers, units;            /* of --model gru */
  long batch;
  double rate, dropout;
} presets[] = {
    {"default", NULL, 0, 0, 32, 24, 1, 110, 200, 1e-2, 0.15},
    {"paper", NULL, 1, 32, 32, 32, 4, 45, 200, 1e-2, 0.15},
    {"w1", "gru", 0, 0, 32, 24, 4, 45, 50, 2e-3, 0.0},
    {"w2", "thalnet", 1, 32, 32, 32, 4, 45, 50, 2e-3, 0.0},
};

/* What the command line says in words. */
struct words {
  const char *model, *preset, *connect;
};

#define HEADING(text)                                                                                                  \
  { EXAMPLE_HEADING, NULL, NULL, text, NULL, 0.0, 0.0 }

static int parse_words(struct pmnist_settings *s, struct words *words, int argc, char **argv) {
  struct example_network *network = &s->network;
  const struct example_option options[] = {
      HEADING("Data"),
      {EXAMPLE_TEXT, "data", "DIR",
       "folder with MNIST's four files, plain or .gz (see fetch_data.sh);\n"
       "without it, digits that this program draws itself",
       &s->data, 0, 0},
      {EXAMPLE_COUNT, "permutation", "N", "number of the order of the pixels, 0: as they are (1)", &s->permutation, 0,
       UINT32_MAX},
      {EXAMPLE_COUNT, "images", "N", "train on the first N training images only", &s->images, 1, 1e6},
      HEADING("Network (defaults depend on the preset)"),
      {EXAMPLE_CHOICE, "preset", "default|paper|w1|w2",
       "default: 4 GRU modules, input to all, output from all;\n"
       "paper: modules of a dense layer and a GRU, input at the first,\n"
       "output at the last; w1, w2: the networks speed is measured with",
       &words->preset, 0, 0},
      {EXAMPLE_CHOICE, "model", "thalnet|gru", "modules around a center, or a plain GRU of as many parameters",
       &words->model, 0, 0},
      {EXAMPLE_CHOICE, "reader", EXAMPLE_READERS, "how modules read the center (weight_norm)", &network->reader, 0, 0},
      {EXAMPLE_COUNT, "modules", "N", "number of modules (4)", &network->modules, 1, 256},
      {EXAMPLE_COUNT, "features", "N", "units of each GRU, which are a module's features", &network->features, 1, 4096},
      {EXAMPLE_COUNT, "context", "N", "values that each module reads from the center", &network->context, 1, 4096},
      {EXAMPLE_CHOICE, "connect", "all|ends", "which modules have the input and the output", &words->connect, 0, 0},
      {EXAMPLE_COUNT, "layers", "N", "GRU layers of each module", &network->layers, 1, 64},
      {EXAMPLE_COUNT, "dense", "N", "units of a dense layer below them, 0: none", &network->dense, 0, 4096},
      HEADING("Training (Adam, warm-up and cosine, gradient norm clipped at 1)"),
      {EXAMPLE_COUNT, "epochs", "N", "passes over the training images (14 on MNIST, 24 on drawn digits)", &s->epochs, 1,
       1e6},
      {EXAMPLE_COUNT, "batch", "N", "sequences a step (200)", &s->batch, 1, 1e5},
      {EXAMPLE_NUMBER, "lr", "X", "highest learning rate (0.01)", &s->rate, 0, DBL_MAX},
      {EXAMPLE_NUMBER, "dropout", "X", "share of pixels left out (0.15)", &s->dropout, 0, 0.99},
      {EXAMPLE_COUNT, "seed", "N", "of weights, order and dropout (0)", &s->seed, 0, INT32_MAX},
      {EXAMPLE_COUNT, "threads", "N", "results do not depend on it (all cores)", &s->threads, 1, 1024},
      HEADING("Output"),
      {EXAMPLE_TEXT, "out", "DIR", "save model.safetensors and routing.txt there", &s->out, 0, 0},
  };
  const struct example_program program = {
      "pmnist",
      "Trains a ThalNet, or a GRU, to name handwritten digits that it sees row by row, 28 steps\n"
      "of 28 pixels, after the pixels have been rearranged in one fixed random order.",
      options, sizeof options / sizeof options[0]};
  return example_options_parse(&program, argc, argv);
}

static void fill(long *value, long preset) {
  if (*value < 0) *value = preset;
}

static int fill_network(struct example_network *n, const struct words *words, const struct preset *preset) {
  const char *model = words->model ? words->model : preset->model ? preset->model : "thalnet";
  if (preset->model && strcmp(preset->model, model) != 0) {
    example_complain("pmnist", "--preset %s is made for --model %s", preset->name, preset->model);
    return EXAMPLE_EXIT_USAGE;
  }
  n->gru = strcmp(model, "gru") == 0;
  if (n->gru && (n->modules >= 0 || n->reader || n->context >= 0 || words->connect)) {
    example_complain("pmnist", "--modules, --reader, --context and --connect do not go with a plain GRU");
    return EXAMPLE_EXIT_USAGE;
  }
  if (!n->reader) n->reader = "weight_norm";
  n->ends = words->connect ? strcmp(words->connect, "ends") == 0 : preset->ends;
  n->features_given = n->features >= 0;
  n->context_given = n->context >= 0;
  fill(&n->modules, n->gru ? 1 : 4);
  fill(&n->layers, n->gru ? preset->layers : 1);
  fill(&n->dense, n->gru ? 0 : preset->dense);
  fill(&n->features, n->gru ? preset->units : preset->features);
  fill(&n->context, preset->context);
  return -1;
}

int pmnist_settings_parse(struct pmnist_settings *s, int argc, char **argv) {
  struct words words = {NULL, NULL, NULL};
  struct example_network *n = &s->network;
  const struct preset *preset = presets;
  memset(s, 0, sizeof *s);
  s->permutation = 1;
  s->images = s->epochs = s->batch = s->threads = -1; /* -1: not given */
  n->modules = n->layers = n->dense = n->features = n->context = -1;
  s->rate = s->dropout = -1.0;
  int status = parse_words(s, &words, argc, argv);
  if (status >= 0) return status;
  for (size_t i = 0; words.preset && i < sizeof presets / sizeof presets[0]; i++)
    if (strcmp(presets[i].name, words.preset) == 0) preset = &presets[i];
  fill(&s->epochs, s->data ? MNIST_EPOCHS : DRAWN_EPOCHS);
  fill(&s->batch, preset->batch);
  fill(&s->threads, example_cores() < 1024 ? example_cores() : 1024);
  if (s->rate < 0.0) s->rate = preset->rate;
  if (s->dropout < 0.0) s->dropout = preset->dropout;
  return fill_network(n, &words, preset);
}
