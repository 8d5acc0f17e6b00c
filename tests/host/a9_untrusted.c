/* SPDX-License-Identifier: MIT */
/* A model that came over the network: loaded with limits, asked what it is, streamed through. */
#include "host.h"

/* Serves frames until one is bad; the stream survives that. Returns the number of answers. */
static int serve(const void *bytes, size_t size) {
  thalnet_center *net;
  thalnet_state *state;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  uint32_t random = 3;
  int answers = 0;
  options.max_parameters = 100000;
  options.max_step_operations = 1000000;
  if (thalnet_center_load_memory(bytes, size, &options, &net)) {
    CHECK(net == NULL && thalnet_error_text()[0] != 0);
    return -1;
  }
  if (thalnet_center_input_count(net) != 1 || thalnet_center_output_count(net) != 1 ||
      thalnet_center_input_is_tokens(net, 0) || thalnet_center_input_size(net, 0) > 4096 ||
      thalnet_center_output_size(net, 0) > 4096) {
    thalnet_center_free(net);
    return -2;
  }
  size_t in = thalnet_center_input_size(net, 0) * (size_t)thalnet_center_input_frames(net, 0);
  size_t out = thalnet_center_output_size(net, 0) * (size_t)thalnet_center_output_frames(net, 0);
  float *frame = calloc(in, sizeof *frame), *answer = calloc(out, sizeof *answer);
  DO(thalnet_state_create(net, 1, NULL, &state));
  for (int k = 0; k < 20; k++) {
    for (size_t i = 0; i < in; i++) {
      frame[i] = host_random(&random);
    }
    if (k == 7) {
      frame[0] = NAN;
    } /* from a broken sensor */
    thalnet_status status = thalnet_state_step(net, state, frame, in, answer, out);
    CHECK(status == (k == 7 ? THALNET_ERROR_NONFINITE : THALNET_OK));
    if (status) {
      continue;
    }
    for (size_t i = 0; i < out; i++) {
      CHECK(isfinite(answer[i]));
    }
    answers++;
  }
  free(frame);
  free(answer);
  thalnet_state_free(state);
  thalnet_center_free(net);
  return answers;
}

static void *model(size_t units, int32_t tokens, size_t *size) {
  thalnet_center *net;
  thalnet_module *module;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  input.tokens = tokens;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "x", 5, &input, NULL);
  thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, NULL, NULL);
  thalnet_center_add_module(net, NULL, NULL, &module);
  thalnet_module_add_gru(module, units, NULL);
  thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 4, NULL, NULL);
  thalnet_module_connect_input(module, 0);
  thalnet_module_connect_output(module, 0);
  DO(thalnet_center_build(net, 1));
  DO(thalnet_center_save_memory(net, NULL, 0, size));
  void *bytes = malloc(*size);
  DO(thalnet_center_save_memory(net, bytes, *size, size));
  thalnet_center_free(net);
  return bytes;
}

int main(void) {
  size_t size = 0, other = 0;
  unsigned char *good = model(12, 0, &size), *large = model(300, 0, &other);
  CHECK(serve(good, size) == 19);
  CHECK(serve(large, other) == -1);
  free(large);
  large = model(6, 1, &other);
  CHECK(serve(large, other) == -2);
  for (size_t cut = 0; cut < size; cut += 13) {
    CHECK(serve(good, cut) == -1);
  }
  for (size_t i = 0; i < size; i += 11) {
    good[i] ^= 0x10;
    CHECK(serve(good, size) == -1);
    good[i] ^= 0x10;
  }
  CHECK(serve(good, size) == 19);
  free(good);
  free(large);
  return EXIT_SUCCESS;
}
