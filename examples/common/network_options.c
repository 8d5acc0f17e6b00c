/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

static int is(const char *word, const char *other) { return word && strcmp(word, other) == 0; }

void example_network_start(struct example_network *n) {
  memset(n, 0, sizeof *n);
  n->modules = n->features = n->units = n->dense = n->layers = n->context = n->budget = -1; /* not given */
}

void example_network_add_options(struct example_network *n, struct example_program *program) {
  const struct example_option options[] = {
      EXAMPLE_OPTIONS_HEADING("Network"),
      {EXAMPLE_CHOICE, "model", "thalnet|gru", "modules around a center, or a plain GRU of as many parameters",
       &n->model, 0, 0},
      {EXAMPLE_COUNT, "budget", "N",
       "parameters: sizes that are not given become as large as fits;\n"
       "without it, the sizes below are the default's, if they fit",
       &n->budget, 1, 1e9},
      {EXAMPLE_COUNT, "modules", "N", "number of modules", &n->modules, 1, EXAMPLE_MODULE_LIMIT},
      {EXAMPLE_COUNT, "features", "N", "values that each module writes into the center", &n->features, 1, 4096},
      {EXAMPLE_COUNT, "context", "N", "values that each module reads from the center", &n->context, 1, 4096},
      {EXAMPLE_CHOICE, "reader", "linear|weight_norm|softmax|gaussian|gaussian_normalized|none",
       "how modules read the center; none: not at all, for comparison", &n->reader, 0, 0},
      {EXAMPLE_CHOICE, "connect", "all|ends",
       "every module has the input and the output; or the first has the\n"
       "input and the last the output",
       &n->connect, 0, 0},
      {EXAMPLE_CHOICE, "output", "joint|each",
       "one output, connected to all modules; or one for each module,\n"
       "whose probabilities are averaged (joint)",
       &n->output, 0, 0},
      {EXAMPLE_CHOICE, "stack", "gru|dense-gru|gru-dense|dense-gru-dense|dense", "the layers of a module, from below",
       &n->stack, 0, 0},
      {EXAMPLE_CHOICE, "cell", "gru|lstm", "what recurrent layers are (gru)", &n->cell, 0, 0},
      {EXAMPLE_COUNT, "layers", "N", "recurrent layers", &n->layers, 1, 64},
      {EXAMPLE_COUNT, "units", "N",
       "units of each layer of a plain GRU; in modules, of recurrent\n"
       "layers below a dense one",
       &n->units, 1, 4096},
      {EXAMPLE_COUNT, "dense", "N", "units of the dense layer below the recurrent ones, 0: none", &n->dense, 0, 4096},
      {EXAMPLE_CHOICE, "own", "read|skip", "what readers do with what their own module wrote", &n->own, 0, 0},
      {EXAMPLE_FLAG, "in-order", "",
       "modules take a step one after the other, and read what those before\n"
       "them have just written; else together, from the step before",
       &n->in_order, 0, 0},
      {EXAMPLE_NUMBER, "reader-gain", "X",
       "factor on the initial weights of linear, on the initial scale of\n"
       "weight_norm readers (1)",
       &n->reader_gain, 0.001, 1000},
      {EXAMPLE_FLAG, "learned-start", "", "center and hidden states start where is learned, not at zero",
       &n->learned_start, 0, 0},
      {EXAMPLE_FLAG, "layer-norm", "", "layer normalisation of all layers", &n->layer_norm, 0, 0},
      {EXAMPLE_NUMBER, "zoneout", "X", "share of hidden values that stay as they were at a step (0)", &n->zoneout, 0,
       0.99},
      {EXAMPLE_NUMBER, "cell-zoneout", "X", "share of an LSTM's cells that do", &n->cell_zoneout, 0, 0.99},
      {EXAMPLE_NUMBER, "gate-bias", "X", "added to the initial bias of the gate that keeps memory (0)", &n->gate_bias,
       -100, 100},
      {EXAMPLE_TEXT, "time-scale", "T,...",
       "longest memory in steps that gates start with: one number, or one\n"
       "for each module (none)",
       &n->time_scale, 0, 0},
  };
  example_options_add(program, options, sizeof options / sizeof options[0]);
}

static void fill(long *value, long standard) {
  if (*value < 0) *value = standard;
}

static void fill_word(const char **value, const char *standard) {
  if (!*value) *value = standard;
}

/* Fills in a time scale for each module: from one number, or from as many as there are modules. */
static int read_time_scales(struct example_network *n, struct example_error *error) {
  const char *text = n->time_scale;
  long count = 0;
  for (; text && count < n->modules; count++) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || (*end && *end != ',') || !(value >= 2.0 && value <= 1e6))
      return example_fail(error, "--time-scale takes numbers from 2 to 1000000 with commas between them, not '%.700s'",
                          n->time_scale);
    n->time_scales[count] = (float)value;
    text = *end ? end + 1 : NULL;
  }
  if (text || (count > 1 && count < n->modules))
    return example_fail(error, "--time-scale has %s numbers for %ld modules", text ? "more" : "fewer", n->modules);
  for (long i = 1; count == 1 && i < n->modules; i++) n->time_scales[i] = n->time_scales[0];
  return 0;
}

/* Options that would have no effect, or contradict each other. */
static int check(const struct example_network *n, struct example_error *error) {
  if (n->budget >= 0 && (n->features >= 0 || (is(n->model, "gru") && n->units >= 0)))
    return example_fail(error, "--budget chooses the sizes: it does not go with --%s",
                        n->features >= 0 ? "features" : "units");
  if (is(n->model, "gru") && (n->modules >= 0 || n->reader || n->context >= 0 || n->connect || n->output || n->stack ||
                              n->own || n->in_order || n->reader_gain != 0.0))
    return example_fail(error, "--modules, --reader, --context, --connect, --output, --stack, --own, --in-order and "
                               "--reader-gain do not go with a plain GRU");
  if (is(n->model, "gru") && n->features >= 0)
    return example_fail(error, "--features is a size of modules; that of a plain GRU is --units");
  if (n->stack && strncmp(n->stack, "dense-", 6) != 0 && n->dense > 0)
    return example_fail(error, "--dense is a layer that --stack %s does not have", n->stack);
  if (n->stack && strncmp(n->stack, "dense-", 6) == 0 && n->dense == 0)
    return example_fail(error, "--dense 0 leaves out the layer that --stack %s begins with", n->stack);
  if (is(n->stack, "dense") && (n->layers >= 0 || n->cell || n->zoneout > 0.0 || n->gate_bias != 0.0 || n->time_scale))
    return example_fail(error,
                        "--layers, --cell, --zoneout, --gate-bias and --time-scale are of recurrent layers, which "
                        "--stack dense does not have");
  if (is(n->reader, "none") && (n->context >= 0 || n->own || n->in_order))
    return example_fail(error, "--context, --own and --in-order are of readers, which --reader none does not have");
  if (n->reader_gain != 0.0 && n->reader && !is(n->reader, "linear") && !is(n->reader, "weight_norm"))
    return example_fail(error, "--reader-gain is of linear and weight_norm readers");
  if (n->cell_zoneout > 0.0 && !is(n->cell, "lstm")) return example_fail(error, "--cell-zoneout needs --cell lstm");
  if (n->gate_bias != 0.0 && n->time_scale)
    return example_fail(error, "--gate-bias and --time-scale both say where gates start: give one of them");
  if (is(n->model, "thalnet") && n->units >= 0 && !is(n->stack, "gru-dense") && !is(n->stack, "dense-gru-dense"))
    return example_fail(error,
                        "--units is for recurrent layers below a dense one; those of --features are the topmost");
  return 0;
}

/* Flags and numbers that defaults may set, where they do not contradict what was given. */
static void fill_flags(struct example_network *n, const struct example_network *defaults) {
  int is_static = is(n->reader, "linear") || is(n->reader, "weight_norm");
  n->layer_norm |= defaults->layer_norm;
  if (is(n->model, "gru")) return; /* what follows is of modules */
  n->in_order |= defaults->in_order && n->modules > 1 && !is(n->reader, "none");
  if (n->reader_gain == 0.0 && is_static) n->reader_gain = defaults->reader_gain;
  if (n->gate_bias == 0.0 && !n->time_scale && !is(n->stack, "dense")) n->gate_bias = defaults->gate_bias;
}

int example_network_finish(struct example_network *n, const struct example_network *defaults,
                           struct example_error *error) {
  fill_word(&n->model, defaults->model ? defaults->model : "thalnet");
  if (check(n, error)) return -1;
  int plain = is(n->model, "gru");
  n->budget_given = n->budget >= 0;
  n->features_given = plain ? n->units >= 0 : n->features >= 0;
  n->units_given = n->units >= 0;
  n->dense_given = n->dense >= 0;
  n->context_given = n->context >= 0;
  fill_word(&n->reader, defaults->reader ? defaults->reader : "weight_norm");
  fill_word(&n->connect, plain || !defaults->connect ? "all" : defaults->connect);
  fill_word(&n->output, "joint");
  if (is(n->connect, "ends") && is(n->output, "each"))
    return example_fail(error,
                        "--output each does not go with --connect ends, where only the last module has an output");
  if (is(n->connect, "ends") && is(n->reader, "none"))
    return example_fail(error, "--reader none does not go with --connect ends: the last module would see nothing");
  fill_word(&n->cell, !plain && defaults->cell ? defaults->cell : "gru");
  fill(&n->budget, defaults->budget);
  fill(&n->modules, plain ? 1 : defaults->modules);
  fill(&n->layers, plain ? defaults->layers : 1);
  fill(&n->features, plain ? (n->units >= 0 ? n->units : defaults->units) : defaults->features);
  fill(&n->context, defaults->context);
  fill(&n->units, n->features);
  /* --stack and --dense say the same in two ways */
  if (n->stack)
    fill(&n->dense, strncmp(n->stack, "dense-", 6) == 0 ? (defaults->dense > 0 ? defaults->dense : n->features) : 0);
  fill(&n->dense, plain ? 0 : defaults->dense);
  fill_word(&n->stack, n->dense > 0 ? "dense-gru" : "gru");
  if (!n->own && n->modules > 1) n->own = defaults->own;
  fill_word(&n->own, "read");
  if (is(n->own, "skip") && n->modules == 1)
    return example_fail(error, "--own skip leaves nothing to read to one module");
  fill_flags(n, defaults);
  if (n->in_order && n->modules == 1) return example_fail(error, "--in-order needs a second module");
  return read_time_scales(n, error);
}
