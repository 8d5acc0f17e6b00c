/* SPDX-License-Identifier: MIT */
/* Networks of the size that people train, in double precision: too large for a difference per parameter, so the
 * gradient is compared along random directions through all variables at once, as JAX does it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gradient/check_call.h"
#include "gradient/controls.h"
#include "gradient/problem.h"
#include "gradient/random.h"

enum { DIRECTIONS = 8 };

static const struct {
  size_t modules, layers;
  layer_spec layer[LAYERS_MAX];
  int reader;
  size_t context, frames, sequences;
  int settle, threads, chunk, skip_own, learned_start;
  double zoneout; /* of all recurrent layers, their cells too */
  int in_order;
  drop_spec drop;
} networks[] = {
    {.modules = 4,
     .layers = 2,
     .layer = {{LAYER_DENSE, THALNET_TANH, 32, 0}, {LAYER_GRU, 0, 32, 0}},
     .reader = READER_WEIGHT_NORM,
     .context = 24,
     .frames = 28,
     .sequences = 10,
     .threads = 1},
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_LSTM, 0, 24, 0}},
     .reader = READER_LINEAR,
     .context = 16,
     .frames = 12,
     .sequences = 10,
     .settle = 1,
     .threads = 2,
     .chunk = 3},
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_GRU, THALNET_RESET_BEFORE, 13, 0}},
     .reader = READER_SOFTMAX,
     .context = 13,
     .frames = 12,
     .sequences = 7,
     .threads = 1},
    {.modules = 3,
     .layers = 1,
     .layer = {{LAYER_GRU, 0, 32, 0}},
     .reader = READER_GAUSSIAN,
     .context = 24,
     .frames = 12,
     .sequences = 7,
     .settle = 2,
     .threads = 1},
    /* above 1 MiB of weights: all sequences are one chunk */
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_GRU, 0, 128, 0}},
     .reader = READER_LINEAR,
     .context = 64,
     .frames = 5,
     .sequences = 5,
     .settle = 1,
     .threads = 1},
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_GRU, 0, 128, 0}},
     .reader = READER_WEIGHT_NORM,
     .context = 64,
     .frames = 5,
     .sequences = 5,
     .settle = 1,
     .threads = 2,
     .skip_own = 1,
     .learned_start = 1},
    {.modules = 3,
     .layers = 2,
     .layer = {{LAYER_GRU, 0, 140, 0}, {LAYER_LSTM, 0, 120, 0}},
     .reader = READER_GAUSSIAN,
     .context = 24,
     .frames = 4,
     .sequences = 4,
     .settle = 1,
     .threads = 3,
     .skip_own = 1,
     .learned_start = 1,
     .zoneout = 0.3},
    {.modules = 3,
     .layers = 1,
     .layer = {{LAYER_LSTM, 0, 24, 0}},
     .reader = READER_SOFTMAX,
     .context = 16,
     .frames = 12,
     .sequences = 9,
     .settle = 1,
     .threads = 2,
     .chunk = 2,
     .skip_own = 1,
     .learned_start = 1},
    /* layer norm, in chunks and in a large network */
    {.modules = 3,
     .layers = 2,
     .layer = {{LAYER_DENSE, THALNET_TANH, 20, 1}, {LAYER_GRU, 0, 32, 1}},
     .reader = READER_WEIGHT_NORM,
     .context = 24,
     .frames = 12,
     .sequences = 10,
     .settle = 1,
     .threads = 1,
     .chunk = 4},
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_GRU, THALNET_RESET_BEFORE, 128, 1}},
     .reader = READER_LINEAR,
     .context = 64,
     .frames = 5,
     .sequences = 5,
     .settle = 1,
     .threads = 2,
     .zoneout = 0.3},
    {.modules = 3,
     .layers = 2,
     .layer = {{LAYER_LSTM, 0, 110, 1}, {LAYER_LSTM, 0, 100, 1}},
     .reader = READER_LINEAR,
     .context = 64,
     .frames = 5,
     .sequences = 5,
     .settle = 1,
     .threads = 2},
    /* zoneout, also above */
    {.modules = 3,
     .layers = 2,
     .layer = {{LAYER_LSTM, 0, 24, 0}, {LAYER_GRU, THALNET_RESET_BEFORE, 19, 0}},
     .reader = READER_LINEAR,
     .context = 16,
     .frames = 12,
     .sequences = 10,
     .settle = 1,
     .threads = 2,
     .chunk = 3,
     .zoneout = 0.3},
    /* in order, also above, of layers that leave something else than their state in the center, too */
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_LSTM, 0, 24, 1}},
     .reader = READER_WEIGHT_NORM,
     .context = 16,
     .frames = 12,
     .sequences = 10,
     .settle = 1,
     .threads = 2,
     .chunk = 3,
     .skip_own = 1,
     .in_order = 1},
    {.modules = 4,
     .layers = 2,
     .layer = {{LAYER_GRU, 0, 128, 0}, {LAYER_DENSE, THALNET_TANH, 96, 0}},
     .reader = READER_LINEAR,
     .context = 64,
     .frames = 5,
     .sequences = 5,
     .settle = 1,
     .threads = 3,
     .learned_start = 1,
     .in_order = 1},
    /* dropout */
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_LSTM, 0, 24, 0}},
     .reader = READER_WEIGHT_NORM,
     .context = 16,
     .frames = 12,
     .sequences = 10,
     .settle = 1,
     .threads = 2,
     .chunk = 3,
     .drop = {0.2, 0.3, 0.2, 0}},
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_GRU, 0, 128, 0}},
     .reader = READER_LINEAR,
     .context = 64,
     .frames = 4,
     .sequences = 4,
     .settle = 1,
     .threads = 1,
     .skip_own = 1,
     .learned_start = 1,
     .drop = {0.2, 0.3, 0.2, 0}},
    {.modules = 3,
     .layers = 1,
     .layer = {{LAYER_GRU, 0, 140, 1}},
     .reader = READER_SOFTMAX,
     .context = 3,
     .frames = 4,
     .sequences = 4,
     .settle = 2,
     .threads = 2,
     .skip_own = 1,
     .drop = {0.2, 0.3, 0.2, 1}},
    {.modules = 4,
     .layers = 1,
     .layer = {{LAYER_LSTM, 0, 24, 0}},
     .reader = READER_LINEAR,
     .context = 16,
     .frames = 12,
     .sequences = 10,
     .settle = 1,
     .threads = 2,
     .chunk = 3,
     .in_order = 1,
     .drop = {0.2, 0.3, 0.2, 0}},
    {.modules = 3,
     .layers = 1,
     .layer = {{LAYER_GRU, 0, 140, 1}},
     .reader = READER_GAUSSIAN,
     .context = 20,
     .frames = 4,
     .sequences = 4,
     .settle = 2,
     .threads = 2,
     .skip_own = 1,
     .in_order = 1,
     .drop = {0.2, 0.3, 0.2, 1}},
};
enum { NETWORKS = sizeof(networks) / sizeof(*networks) };

static size_t controls_done;

static void make(config *spec, size_t number) {
  *spec = (config){.number = number, .seed = 400 + number, .inputs = 2, .outputs = 2, .steps = 1};
  spec->input[0] = (input_spec){.size = 28, .steps = 1};
  spec->input[1] = (input_spec){.size = 50, .steps = 1, .tokens = 1};
  spec->output[0] = (output_spec){.size = 10, .loss = THALNET_CROSS_ENTROPY, .steps = 1, .final = 1, .weight = 1};
  if (number != 0) spec->smoothing[0] = 0.1;
  spec->output[1] = (output_spec){.size = 5, .loss = THALNET_MEAN_SQUARED_ERROR, .steps = 1, .weight = 0.5};
  spec->modules = networks[number].modules;
  spec->frames = networks[number].frames;
  spec->sequences = networks[number].sequences;
  spec->settle = networks[number].settle;
  spec->threads = networks[number].threads;
  spec->chunk = networks[number].chunk;
  spec->lengths = spec->resets = 1;
  spec->learned_start = networks[number].learned_start;
  spec->in_order = networks[number].in_order;
  if (spec->learned_start) spec->begin = 1, spec->fresh = 5;
  spec->drop = networks[number].drop;
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    *module =
        (module_spec){.layers = networks[number].layers, .reader = networks[number].reader, .inputs = 3, .outputs = 3};
    module->context = networks[number].context;
    module->skip_own = networks[number].skip_own;
    for (size_t j = 0; j < module->layers; j++) {
      module->layer[j] = networks[number].layer[j];
      module->zoneout[j] = module->cell_zoneout[j] = networks[number].zoneout;
    }
  }
}

static double sign(size_t direction, size_t i) {
  uint64_t random = direction * UINT64_C(0x100000001) + i;
  return random_next(&random) & 1 ? 1 : -1;
}

static double loss_at(problem *p, size_t direction, const double *origin, double by) {
  for (size_t i = 0; i < p->total; i++) p->values[i] = origin[i] + by * sign(direction, i);
  problem_set(p, SECTION_PARAMETERS | SECTION_INPUTS | SECTION_START);
  return problem_loss(p);
}

static void numeric_derivatives(problem *p, double *derivative) {
  const double h = 2e-5; /* every variable moves by it */
  double *origin = malloc(p->total * sizeof(double));
  ck_assert_ptr_nonnull(origin);
  for (size_t i = 0; i < p->total; i++) origin[i] = p->values[i];
  for (size_t k = 0; k < DIRECTIONS; k++) {
    double near = loss_at(p, k, origin, h) - loss_at(p, k, origin, -h);
    double far = loss_at(p, k, origin, 2 * h) - loss_at(p, k, origin, -2 * h);
    derivative[k] = (8 * near - far) / (12 * h);
  }
  loss_at(p, 0, origin, 0);
  free(origin);
}

/* |a - n| / |n| over the directions. */
static double relative_error(const problem *p, const double *derivative, int fault) {
  double *gradient = malloc(p->total * sizeof(double)), error = 0, norm = 0;
  ck_assert_ptr_nonnull(gradient);
  thalnet__fault = fault;
  problem_gradient(p, gradient);
  thalnet__fault = THALNET__FAULT_NONE;
  for (size_t k = 0; k < DIRECTIONS; k++) {
    double analytic = 0;
    for (size_t i = 0; i < p->total; i++) analytic += gradient[i] * sign(k, i);
    error += (analytic - derivative[k]) * (analytic - derivative[k]);
    norm += derivative[k] * derivative[k];
  }
  free(gradient);
  return sqrt(error / norm);
}

START_TEST(random_directions) {
  problem p;
  config spec;
  double derivative[DIRECTIONS];
  make(&spec, (size_t)_i);
  problem_create(&p, &spec);
  problem_draw(&p, 0);
  problem_set(&p, SECTION_ALL);
  numeric_derivatives(&p, derivative);
  double error = relative_error(&p, derivative, THALNET__FAULT_NONE);
  printf("large network %d: %zu parameters, %zu variables: relative error %.2g\n", _i, p.parameters, p.total, error);
  ck_assert_msg(error <= 1e-6, "relative error %g", error);
  unsigned terms = controls_apply(&p);
  for (int fault = 1; fault < CONTROLS; fault++) {
    if (!(terms >> fault & 1)) continue;
    error = relative_error(&p, derivative, fault);
    ck_assert_msg(error > 1e-6, "%s: not noticed, relative error %g", control_names[fault], error);
    controls_done++;
  }
  problem_free(&p);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gradient_large");
  TCase *tcase = tcase_create("large");
  tcase_set_timeout(tcase, 0);
  tcase_add_loop_test(tcase, random_directions, 0, NETWORKS);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK); /* the totals are kept here */
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  printf(
      "gradient configurations: %d large networks, %d directions each; negative controls that fail as they must: %zu\n",
      NETWORKS, DIRECTIONS, controls_done);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
