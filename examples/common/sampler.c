/* SPDX-License-Identifier: MIT */
#include "sampler.h"

#include "probabilities.h"
#include "random.h"

/* The network sees one character (-1: none) and says what it expects next: the mean over its outputs. */
static thalnet_status advance(const thalnet_center *net, const struct example_ports *ports, thalnet_state *state,
                              int32_t token, double temperature, double *probabilities) {
  float logits[256];
  size_t kinds = ports->output_size;
  for (size_t k = 0; k < kinds; k++) probabilities[k] = 0.0;
  thalnet_status status = thalnet_state_set_tokens(state, ports->inputs[0], &token, 1);
  if (!status) status = thalnet_state_advance(net, state, 1);
  for (size_t o = 0; o < ports->output_count && !status; o++) {
    status = thalnet_state_read_output(state, ports->outputs[o], logits, kinds);
    if (!status) example_add_probabilities(logits, kinds, temperature, probabilities);
  }
  for (size_t k = 0; k < kinds; k++) probabilities[k] /= (double)ports->output_count;
  return status;
}

static int32_t draw(const double *probabilities, size_t kinds, struct example_random *random) {
  double place = (double)example_random_between(random, 0.0f, 1.0f);
  size_t last = 0;
  for (size_t k = 0; k < kinds; k++) {
    if (probabilities[k] > 0.0) last = k; /* where rounding leaves the sum below 1 */
    if (place < probabilities[k]) return (int32_t)k;
    place -= probabilities[k];
  }
  return (int32_t)last;
}

thalnet_status example_sample(const thalnet_center *net, const struct example_ports *ports,
                              const struct example_text *text, const char *prompt, size_t count, double temperature,
                              uint64_t seed, FILE *stream) {
  struct example_random random = example_random_start(seed, EXAMPLE_STREAM_SAMPLE);
  double probabilities[256] = {0.0};
  thalnet_state *state;
  thalnet_status status = thalnet_state_create(net, 1, NULL, &state);
  if (status) return status;
  status = advance(net, ports, state, -1, temperature, probabilities);
  for (; *prompt && !status; prompt++) {
    fputc(*prompt, stream);
    status = advance(net, ports, state, text->tokens[(uint8_t)*prompt], temperature, probabilities);
  }
  for (size_t i = 0; i < count && !status; i++) {
    int32_t token = draw(probabilities, text->kinds, &random);
    fputc(text->bytes[token], stream);
    status = advance(net, ports, state, token, temperature, probabilities);
  }
  fputc('\n', stream);
  thalnet_state_free(state);
  return status;
}
