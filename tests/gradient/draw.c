/* SPDX-License-Identifier: MIT */
/* Numbers for a problem, of a size at which nothing saturates and gradients neither vanish nor explode. */
#include <math.h>
#include <string.h>

#include "gradient/check_call.h"
#include "gradient/problem.h"
#include "gradient/random.h"

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void draw_uniform(double *values, size_t count, double low, double high, uint64_t *random) {
  for (size_t i = 0; i < count; i++) values[i] = random_uniform(random, low, high);
}

static void draw_parameters(problem *p, uint64_t *random) {
  double *at = p->values;
  size_t dimensions[3];
  for (size_t i = 0; i < thalnet_center_tensor_count(p->net); i++) {
    const char *name = thalnet_center_tensor_name(p->net, i);
    ck_assert_int_gt(thalnet_center_tensor_shape(p->net, name, dimensions), 0);
    size_t count = dimensions[0] * dimensions[1] * dimensions[2];
    size_t columns = count / dimensions[0];
    double bound = 1.7 / sqrt((double)columns);
    if (ends_with(name, "reader.scale")) {
      draw_uniform(at, count, 1.0, 2.0, random);
    } else if (ends_with(name, "mean_bias")) {
      draw_uniform(at, count, 0.3, (double)count, random);
    } else if (strncmp(name, "center.", 7) == 0) {
      draw_uniform(at, count, -0.9, 0.9, random);
    } else if (strstr(name, ".norm")) {
      draw_uniform(at, count, 0.25, 0.75, random);
    } else if (strstr(name, "bias")) {
      draw_uniform(at, count, -0.6, 0.6, random);
    } else {
      draw_uniform(at, count, -bound, bound, random);
    }
    at += count;
  }
  ck_assert_ptr_eq(at, p->values + p->parameters);
}

static void draw_sequences(problem *p, uint64_t *random) {
  size_t frames = p->spec.frames;
  for (size_t s = 0; s < p->spec.sequences; s++) {
    p->lengths[s] = (int32_t)frames;
    /* the first sequence is never empty, so that there is something to learn from */
    if (p->spec.lengths)
      p->lengths[s] = (int32_t)(s == 0 ? 1 + random_pick(random, frames) : random_pick(random, frames + 1));
    for (size_t f = 0; f < frames; f++) p->resets[s * frames + f] = p->spec.resets && random_chance(random, 25);
  }
  if (p->spec.lengths && p->spec.sequences > 2) p->lengths[2] = 0;
}

static void draw_inputs(problem *p, uint64_t *random) {
  for (size_t i = 0; i < p->spec.inputs; i++) {
    size_t tokens = p->tokens[i] ? p->spec.sequences * p->input_frames[i] : 0;
    draw_uniform(p->values + p->input_place[i], p->input_count[i], -1.5, 1.5, random);
    for (size_t k = 0; k < tokens; k++) {
      p->tokens[i][k] = random_chance(random, 15) ? -1 : (int32_t)random_pick(random, p->spec.input[i].size);
    }
  }
  draw_uniform(p->values + p->start_place, p->spec.sequences * p->state_values, -0.9, 0.9, random);
}

/* True where an item of the output lies inside its sequence. */
static int inside(const problem *p, size_t output, size_t item) {
  const output_data *data = &p->output[output];
  size_t in_batch_frame = p->spec.steps / (size_t)p->spec.output[output].steps;
  if (p->spec.output[output].final) return 1;
  return item % data->frames < (size_t)p->lengths[item / data->frames] * in_batch_frame;
}

int problem_counts(const problem *p, size_t output, size_t item) {
  const output_data *data = &p->output[output];
  if (!inside(p, output, item)) return 0;
  if (!data->labels && !data->targets) return 0;
  if (data->labels && data->labels[item] < 0) return 0;
  return !data->weights || data->weights[item] > 0;
}

static void draw_output(problem *p, size_t output, uint64_t *random) {
  const output_spec *spec = &p->spec.output[output];
  output_data *data = &p->output[output];
  for (size_t k = 0; k < data->items; k++) {
    int in = inside(p, output, k);
    if (data->labels) {
      int none = spec->empty || !in || (k > 0 && random_chance(random, 25));
      data->labels[k] = none ? -1 : (int32_t)random_pick(random, spec->size);
    }
    if (data->weights) {
      data->weights[k] = !in || (k > 0 && random_chance(random, 20)) ? 0 : random_uniform(random, 0.3, 2);
    }
    for (size_t j = 0; j < spec->size; j++) {
      if (data->targets) data->targets[k * spec->size + j] = random_uniform(random, -1.5, 1.5);
      if (data->coefficients) data->coefficients[k * spec->size + j] = in ? random_uniform(random, -1, 1) : 0;
    }
  }
}

void problem_draw(problem *p, size_t attempt) {
  uint64_t random = p->spec.seed + attempt;
  draw_sequences(p, &random);
  draw_parameters(p, &random);
  draw_inputs(p, &random);
  for (size_t i = 0; i < p->spec.outputs; i++) draw_output(p, i, &random);
}
