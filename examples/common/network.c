/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int32_t kind, normalize;
} readers[] = {
    {"linear", THALNET_LINEAR, 0},     {"weight_norm", THALNET_WEIGHT_NORM, 0},      {"softmax", THALNET_SOFTMAX, 0},
    {"gaussian", THALNET_GAUSSIAN, 0}, {"gaussian_normalized", THALNET_GAUSSIAN, 1},
};

static int is(const char *word, const char *other) { return strcmp(word, other) == 0; }

static int is_plain(const struct example_network *n) { return is(n->model, "gru"); }
static int reads(const struct example_network *n) { return !is_plain(n) && !is(n->reader, "none"); }
static int has_recurrent(const struct example_network *n) { return !is(n->stack, "dense"); }
static int has_top(const struct example_network *n) {
  return is(n->stack, "gru-dense") || is(n->stack, "dense-gru-dense");
}

/* --- building -------------------------------------------------------------------------------------------------------- */

static void add_gru(const struct example_network *network, thalnet_module *module, long number, long units) {
  thalnet_gru_options options = THALNET_GRU_OPTIONS_INIT;
  options.layer_norm = network->layer_norm;
  options.zoneout = (float)network->zoneout;
  options.gate_bias = (float)network->gate_bias;
  options.time_scale = network->time_scales[number];
  thalnet_module_add_gru(module, (size_t)units, &options);
}

static void add_lstm(const struct example_network *network, thalnet_module *module, long number, long units) {
  thalnet_lstm_options options = THALNET_LSTM_OPTIONS_INIT;
  options.layer_norm = network->layer_norm;
  options.zoneout = (float)network->zoneout;
  options.cell_zoneout = (float)network->cell_zoneout;
  options.gate_bias = (float)network->gate_bias;
  options.time_scale = network->time_scales[number];
  thalnet_module_add_lstm(module, (size_t)units, &options);
}

static void add_dense(const struct example_network *network, thalnet_module *module, long units, int32_t activation) {
  thalnet_dense_options options = THALNET_DENSE_OPTIONS_INIT;
  options.layer_norm = network->layer_norm;
  thalnet_module_add_dense(module, (size_t)units, activation, &options);
}

static void add_reader(const struct example_network *network, thalnet_module *module) {
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
    if (!is(readers[i].name, network->reader)) continue;
    options.normalize = readers[i].normalize;
    options.skip_own = is(network->own, "skip");
    options.gain = (float)network->reader_gain;
    thalnet_module_add_reader(module, readers[i].kind, (size_t)network->context, &options, NULL);
  }
}

/* The layers of a module from below. What enters the center is bounded: a dense layer at the top is a tanh. */
static void add_layers(const struct example_network *network, thalnet_module *module, long number) {
  long units = has_top(network) ? network->units : network->features;
  if (network->dense > 0) add_dense(network, module, network->dense, THALNET_RELU);
  for (long layer = 0; has_recurrent(network) && layer < network->layers; layer++) {
    if (is(network->cell, "lstm"))
      add_lstm(network, module, number, units);
    else
      add_gru(network, module, number, units);
  }
  if (has_top(network) || !has_recurrent(network)) add_dense(network, module, network->features, THALNET_TANH);
}

thalnet_status example_network_add_module(const struct example_network *network, thalnet_center *net, long number,
                                          thalnet_module **module_out) {
  thalnet_status status = thalnet_center_add_module(net, NULL, NULL, module_out);
  if (status) return status;
  add_layers(network, *module_out, number);
  if (reads(network)) add_reader(network, *module_out);
  return THALNET_OK;
}

static void add_ports(struct example_network *network, thalnet_center *net) {
  struct example_ports *ports = &network->ports;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  input.tokens = ports->tokens;
  input.steps_per_frame = output.steps_per_frame = ports->steps_per_frame;
  ports->output_count = is(network->output, "each") ? (size_t)network->modules : 1;
  output.weight = 1.0f / (float)ports->output_count;
  char name[64];
  for (size_t i = 0; i < ports->input_count; i++) {
    snprintf(name, sizeof name, ports->input_count > 1 ? "%s%zu" : "%s", ports->input, i);
    thalnet_center_add_input(net, name, ports->input_sizes[i], &input, &ports->inputs[i]);
  }
  for (size_t i = 0; i < ports->output_count; i++) {
    snprintf(name, sizeof name, ports->output_count > 1 ? "%s%zu" : "%s", ports->output, i);
    thalnet_center_add_output(net, name, ports->output_size, THALNET_CROSS_ENTROPY, &output, &ports->outputs[i]);
  }
}

/* Adds everything to a center under construction. It remembers the first of these calls that fails, and
 * thalnet_center_measure and thalnet_center_build report it. */
static void describe(struct example_network *network, thalnet_center *net) {
  const struct example_ports *ports = &network->ports;
  int32_t ends = is(network->connect, "ends");
  add_ports(network, net);
  for (long i = 0; i < network->modules; i++) {
    thalnet_module *module;
    if (example_network_add_module(network, net, i, &module)) return;
    for (size_t k = 0; k < ports->input_count; k++)
      if (is_plain(network) || (!ends && k == (size_t)i % ports->input_count) || (ends && i == 0))
        thalnet_module_connect_input(module, ports->inputs[k]);
    if (!ends || i == network->modules - 1)
      thalnet_module_connect_output(module, ports->outputs[ports->output_count > 1 ? i : 0]);
  }
}

/* The center's options that are the network's and not the machine's. */
static thalnet_center_options with_its_own(const struct example_network *network,
                                           const thalnet_center_options *options) {
  thalnet_center_options all = *options;
  all.learned_start = network->learned_start;
  all.in_order = network->in_order;
  return all;
}

thalnet_status example_network_build(struct example_network *network, const thalnet_center_options *options,
                                     uint64_t seed, thalnet_center **net_out) {
  thalnet_center_options all = with_its_own(network, options);
  thalnet_status status = thalnet_center_create(&all, net_out);
  if (status) return status;
  describe(network, *net_out);
  return thalnet_center_build(*net_out, seed);
}

int example_network_load(struct example_network *network, const thalnet_center_options *options, const char *path,
                         thalnet_center **net_out, struct example_error *error) {
  struct example_ports *ports = &network->ports;
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  load.center = options;
  if (thalnet_center_load(path, &load, net_out)) return example_fail(error, "%s", thalnet_error_text());
  const thalnet_center *net = *net_out;
  size_t inputs = (size_t)thalnet_center_input_count(net), outputs = (size_t)thalnet_center_output_count(net);
  if (inputs != ports->input_count || outputs > EXAMPLE_MODULE_LIMIT)
    return example_fail(error,
                        "%.700s: it has %zu inputs and %zu outputs, not %zu and 1: was it trained with options "
                        "that are missing here?",
                        path, inputs, outputs, ports->input_count);
  for (size_t i = 0; i < inputs; i++) {
    ports->inputs[i] = (int32_t)i;
    if (thalnet_center_input_size(net, (int32_t)i) != ports->input_sizes[i] ||
        thalnet_center_input_is_tokens(net, (int32_t)i) != ports->tokens)
      return example_fail(error,
                          "%.700s: its input %zu has the size %zu; %zu is needed here: is it made for other data?",
                          path, i, thalnet_center_input_size(net, (int32_t)i), ports->input_sizes[i]);
  }
  ports->output_count = outputs;
  for (size_t i = 0; i < outputs; i++) {
    ports->outputs[i] = (int32_t)i;
    if (thalnet_center_output_size(net, (int32_t)i) != ports->output_size ||
        thalnet_center_output_loss(net, (int32_t)i) != THALNET_CROSS_ENTROPY)
      return example_fail(error, "%.700s: its output %zu has the size %zu; %zu classes are needed here", path, i,
                          thalnet_center_output_size(net, (int32_t)i), ports->output_size);
  }
  if (thalnet_center_steps_per_frame(net) != ports->steps_per_frame) /* a host may run it at its own clock only */
    ports->steps_per_frame = thalnet_center_steps_per_frame(net);
  return 0;
}

/* --- sizes ----------------------------------------------------------------------------------------------------------- */

/* A center tells its size before it is built, so drafts are cheap. */
static thalnet_status count_parameters(struct example_network *network, uint64_t *parameters_out) {
  thalnet_center_size size = {.struct_size = sizeof size};
  const thalnet_center_options standard = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center_options options = with_its_own(network, &standard);
  thalnet_center *draft;
  thalnet_status status = thalnet_center_create(&options, &draft);
  if (status) return status;
  describe(network, draft);
  status = thalnet_center_measure(draft, &size);
  thalnet_center_free(draft);
  *parameters_out = size.parameters;
  return status;
}

/* Rounded up, so that nothing that was there vanishes. */
static long scaled(long wanted, long features, long wanted_features) {
  return (wanted * features + wanted_features - 1) / wanted_features;
}

static void resize(struct example_network *network, const struct example_network *wanted, long features) {
  network->features = features;
  if (!wanted->context_given) network->context = scaled(wanted->context, features, wanted->features);
  if (!wanted->units_given) network->units = scaled(wanted->units, features, wanted->features);
  if (!wanted->dense_given) network->dense = scaled(wanted->dense, features, wanted->features);
}

thalnet_status example_network_fit(struct example_network *network) {
  enum { FEATURES_LIMIT = 4096 };
  const struct example_network wanted = *network;
  if (wanted.features_given) return THALNET_OK;
  /* the largest of low..high that fits; 1 is taken whether it fits or not */
  long low = 1, high = wanted.budget_given ? FEATURES_LIMIT : wanted.features;
  while (low < high) {
    uint64_t parameters;
    long middle = low + (high - low + 1) / 2;
    resize(network, &wanted, middle);
    thalnet_status status = count_parameters(network, &parameters);
    if (status && status != THALNET_ERROR_LIMIT && status != THALNET_ERROR_OVERFLOW) return status;
    if (status == THALNET_OK && parameters <= (uint64_t)wanted.budget)
      low = middle;
    else
      high = middle - 1;
  }
  resize(network, &wanted, low);
  return THALNET_OK;
}

/* --- words ----------------------------------------------------------------------------------------------------------- */

void example_network_print(const struct example_network *n, const thalnet_center *net) {
  const char *cell = is(n->cell, "lstm") ? "LSTM" : "GRU", *separator = "";
  printf("network: ");
  if (is_plain(n))
    printf("plain %s, ", cell);
  else
    printf("ThalNet, %ld modules of ", n->modules);
  if (n->dense > 0) printf("a dense layer of %ld", n->dense), separator = " and ";
  if (has_recurrent(n))
    printf("%s%ld %s layer%s of %ld", separator, n->layers, cell, n->layers == 1 ? "" : "s",
           has_top(n) ? n->units : n->features),
        separator = " and ";
  if (has_top(n) || !has_recurrent(n)) printf("%sa dense layer of %ld", separator, n->features);
  int shared = n->ports.input_count > 1;
  if (is_plain(n) && shared) printf("%s%zu inputs, %s each", separator, n->ports.input_count, n->ports.input_words);
  if (!is_plain(n)) {
    int ends = is(n->connect, "ends"), each = is(n->output, "each");
    if (reads(n))
      printf(", %s readers with context %ld", n->reader, n->context);
    else
      printf(", no readers");
    printf(", %s%s, %s",
           ends     ? "input to the first"
           : shared ? n->ports.input_words
                    : "input to all",
           shared && !ends ? " to each" : "",
           ends   ? "output from the last"
           : each ? "an output for each"
                  : "output from all");
  }
  if (reads(n) && is(n->own, "skip")) printf(", own slices skipped");
  if (n->reader_gain != 0.0) printf(", reader gain %g", n->reader_gain);
  if (n->in_order) printf(", in order");
  if (n->learned_start) printf(", learned start");
  if (n->layer_norm) printf(", layer norm");
  if (n->zoneout > 0.0 || n->cell_zoneout > 0.0) printf(", zoneout %g", n->zoneout);
  if (n->cell_zoneout > 0.0) printf(" (cells %g)", n->cell_zoneout);
  if (n->gate_bias != 0.0) printf(", gate bias %g", n->gate_bias);
  if (n->time_scale) printf(", time scale %s", n->time_scale);
  printf("; %zu parameters\n", thalnet_center_parameter_count(net));
}
