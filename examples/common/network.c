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

static void add_reader(const struct example_network *network, thalnet_module *module) {
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
    if (strcmp(readers[i].name, network->reader) != 0) continue;
    options.normalize = readers[i].normalize;
    thalnet_module_add_reader(module, readers[i].kind, (size_t)network->context, &options, NULL);
  }
}

void example_network_add_modules(const struct example_network *network, thalnet_center *net, int32_t input,
                                 int32_t output) {
  for (long i = 0; i < network->modules; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    if (network->dense > 0) thalnet_module_add_dense(module, (size_t)network->dense, THALNET_RELU, NULL);
    for (long layer = 0; layer < network->layers; layer++)
      thalnet_module_add_gru(module, (size_t)network->features, NULL);
    if (!network->gru) add_reader(network, module);
    if (!network->ends || i == 0) thalnet_module_connect_input(module, input);
    if (!network->ends || i == network->modules - 1) thalnet_module_connect_output(module, output);
  }
}

/* A center tells its size before it is built, so drafts are cheap. */
static thalnet_status count_parameters(const struct example_network *network, size_t input_size, size_t output_size,
                                       uint64_t *parameters_out) {
  thalnet_center_size size = {.struct_size = sizeof size};
  thalnet_center *draft;
  int32_t input = 0, output = 0;
  thalnet_status status = thalnet_center_create(NULL, &draft);
  if (status) return status;
  thalnet_center_add_input(draft, "input", input_size, NULL, &input);
  thalnet_center_add_output(draft, "output", output_size, THALNET_CROSS_ENTROPY, NULL, &output);
  example_network_add_modules(network, draft, input, output);
  status = thalnet_center_measure(draft, &size);
  thalnet_center_free(draft);
  *parameters_out = size.parameters;
  return status;
}

thalnet_status example_network_fit(struct example_network *network, size_t input_size, size_t output_size,
                                   uint64_t budget) {
  const struct example_network wanted = *network;
  while (!wanted.features_given) {
    uint64_t parameters;
    thalnet_status status = count_parameters(network, input_size, output_size, &parameters);
    if (status) return status;
    if (parameters <= budget || network->features == 1) break;
    network->features--;
    if (!wanted.context_given) /* in proportion, rounded up */
      network->context = (wanted.context * network->features + wanted.features - 1) / wanted.features;
  }
  return THALNET_OK;
}

void example_network_print(const struct example_network *network, const thalnet_center *net) {
  printf("network: ");
  if (network->gru)
    printf("plain GRU, ");
  else
    printf("ThalNet, %ld modules of ", network->modules);
  if (network->dense > 0) printf("a dense layer of %ld and ", network->dense);
  printf("%ld GRU layer%s of %ld", network->layers, network->layers == 1 ? "" : "s", network->features);
  if (!network->gru)
    printf(", %s readers with context %ld, input to %s, output from %s", network->reader, network->context,
           network->ends ? "the first" : "all", network->ends ? "the last" : "all");
  printf("; %zu parameters\n", thalnet_center_parameter_count(net));
}
