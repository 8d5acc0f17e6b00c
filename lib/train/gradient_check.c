/* SPDX-License-Identifier: MIT */
/* The loss is a sum of single-precision results: it is good for seven digits, and a difference of two of them for few. So
 * a tensor is moved as a whole, in random directions of +-1, where the expected square of gradient . direction is |gradient|^2;
 * two differences, one with half the step, give an estimate without the error of second order, and by what they disagree tell
 * how much rounding and curvature leave of it. They agree about a kink (relu) next to the middle, where both are the mean of the
 * slopes on either side; but then second differences grow as the step, and not as its square. */
#include "train/gradient_check.h"

#include <math.h>
#include <string.h>

#include "core/checked.h"
#include "core/random.h"
#include "network/gradients.h"
#include "network/prepare.h"
#include "network/run.h"

#define THALNET__LEAST_SCALE 0.1 /* of tensors that are zero, or nearly */
#define THALNET__CLEAR 0.3       /* of the tolerance: doubts below it do not matter */
#define THALNET__KINKS 0.5       /* how much they count: rounding shows more in second differences */

typedef struct thalnet__check {
  thalnet_center *net;
  thalnet_batch *batch;
  const thalnet_state *state;
  const thalnet_gradient_check_options *options;
  double loss;          /* where the parameters are */
  const real *gradient; /* [parameters] */
  real *saved;          /* the values of the tensor at hand */
  double *errors;       /* [tensor] */
} thalnet__check;

/* What the directions of a tensor add up to. */
typedef struct thalnet__comparison {
  double error, doubt, scale;
} thalnet__comparison;

/* --- one direction --- */

static thalnet__random thalnet__direction(const thalnet__check *check, const thalnet__tensor *tensor, int32_t number) {
  return thalnet__random_make(check->options->seed, THALNET__STREAM_DIRECTION, thalnet__random_hash(tensor->name),
                              (uint64_t)number);
}

/* +-1 */
static double thalnet__sign(const thalnet__random *random, size_t i, uint32_t words[4]) {
  if (i % 128 == 0) thalnet__random_block(random, 0, i / 128, words);
  return words[i % 128 / 32] >> i % 32 & 1 ? 1 : -1;
}

static double thalnet__slope(const thalnet__check *check, const thalnet__tensor *tensor, thalnet__random random) {
  uint32_t words[4] = {0};
  double sum = 0;
  for (size_t i = 0; i < tensor->count; i++)
    sum += thalnet__sign(&random, i, words) * (double)check->gradient[tensor->place + i];
  return sum;
}

static thalnet_status thalnet__loss_at(const thalnet__check *check, const thalnet__tensor *tensor,
                                       thalnet__random random, double distance, double *loss) {
  real *values = check->net->parameters + tensor->place;
  uint32_t words[4] = {0};
  for (size_t i = 0; i < tensor->count; i++)
    values[i] = (real)((double)check->saved[i] + distance * thalnet__sign(&random, i, words));
  THALNET__TRY(thalnet__prepare(check->net));
  return thalnet__training_loss(check->batch, check->state, loss);
}

typedef struct thalnet__difference {
  double slope, bend; /* first and second difference, both divided by 2 distance */
} thalnet__difference;

static thalnet_status thalnet__differ(const thalnet__check *check, const thalnet__tensor *tensor,
                                      thalnet__random random, double distance, thalnet__difference *difference) {
  double up, down;
  THALNET__TRY(thalnet__loss_at(check, tensor, random, distance, &up));
  THALNET__TRY(thalnet__loss_at(check, tensor, random, -distance, &down));
  *difference =
      (thalnet__difference){(up - down) / (2 * distance), (up - check->loss + (down - check->loss)) / (2 * distance)};
  return THALNET_OK;
}

/* What the estimate may be wrong by. Of a smooth function, half the step bends a quarter, which is half by this measure; at a kink
 * it bends as much, and the difference is what the slope is wrong by. */
static double thalnet__doubt(thalnet__difference whole, thalnet__difference half) {
  const double apart = whole.slope - half.slope, kink = THALNET__KINKS * (whole.bend - 2 * half.bend);
  return apart * apart + kink * kink;
}

/* --- one tensor --- */

static double thalnet__root_mean_square(const real *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
  return sqrt(sum / (double)count);
}

static thalnet_status thalnet__compare(const thalnet__check *check, const thalnet__tensor *tensor, double step,
                                       thalnet__comparison *comparison) {
  const double size = thalnet__root_mean_square(check->saved, tensor->count);
  const double distance = step * (size > THALNET__LEAST_SCALE ? size : THALNET__LEAST_SCALE);
  const int32_t directions = check->options->directions;
  double errors = 0, doubts = 0, squares = 0;
  for (int32_t d = 0; d < directions; d++) {
    const thalnet__random random = thalnet__direction(check, tensor, d);
    thalnet__difference whole, half;
    THALNET__TRY(thalnet__differ(check, tensor, random, distance, &whole));
    THALNET__TRY(thalnet__differ(check, tensor, random, distance / 2, &half));
    const double estimate = (4 * half.slope - whole.slope) / 3;
    const double error = estimate - thalnet__slope(check, tensor, random);
    errors += error * error;
    doubts += thalnet__doubt(whole, half);
    squares += estimate * estimate;
  }
  const double norm =
      thalnet__root_mean_square(check->gradient + tensor->place, tensor->count) * sqrt((double)tensor->count);
  *comparison = (thalnet__comparison){sqrt(errors / directions), sqrt(doubts / directions),
                                      fmax(norm, sqrt(squares / directions))};
  return THALNET_OK;
}

/* *error: relative; -1: nothing can be told. Chance may show an error where there is none, but not with every step. */
static thalnet_status thalnet__check_tensor(const thalnet__check *check, const thalnet__tensor *tensor, double *error) {
  static const double factors[] = {1, 0.25, 4};
  const double tolerance = check->options->tolerance;
  real *values = check->net->parameters + tensor->place;
  thalnet_status status = THALNET_OK;
  *error = -1;
  memcpy(check->saved, values, tensor->count * sizeof *values);
  for (size_t k = 0; k < sizeof factors / sizeof *factors && status == THALNET_OK; k++) {
    thalnet__comparison comparison = {0, 0, 0};
    status = thalnet__compare(check, tensor, factors[k] * check->options->step, &comparison);
    if (status != THALNET_OK || !(comparison.doubt < THALNET__CLEAR * tolerance * comparison.scale)) continue;
    double relative = comparison.error / comparison.scale;
    if (!thalnet__is_finite(relative)) relative = (double)INFINITY; /* the gradient is none */
    if (*error < 0 || relative < *error) *error = relative;
    if (*error <= tolerance) break;
  }
  memcpy(values, check->saved, tensor->count * sizeof *values);
  return status;
}

/* --- all of them --- */

static void thalnet__count_tensor(const thalnet__check *check, const thalnet__tensor *tensor, double error,
                                  thalnet_gradient_check_result *result) {
  if (error < 0) {
    result->unseen++;
    return;
  }
  if (result->compared == 0) result->passed = 1;
  if (error > check->options->tolerance) result->passed = 0;
  if (result->compared++ > 0 && error <= result->worst) return;
  result->worst = error;
  result->tensor = tensor->name;
}

static thalnet_status thalnet__check_tensors(const thalnet__check *check, thalnet_gradient_check_result *result) {
  const thalnet_center *net = check->net;
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    double error = -1;
    if (!tensor->frozen) {
      THALNET__TRY(thalnet__check_tensor(check, tensor, &error));
      thalnet__count_tensor(check, tensor, error, result);
    }
    check->errors[t] = error;
  }
  return THALNET_OK;
}

static size_t thalnet__largest_tensor(const thalnet_center *net) {
  size_t largest = 0;
  for (size_t t = 0; t < net->tensor_count; t++) largest = thalnet__max(largest, net->tensors[t].count);
  return largest;
}

static thalnet_status thalnet__run_check(thalnet__check *check, real *gradient, thalnet_gradient_check_result *result) {
  thalnet_center *net = check->net;
  thalnet_status status = thalnet__training_gradient(net, check->batch, check->state);
  if (status != THALNET_OK) {
    thalnet__forget_results(check->batch);
    return status;
  }
  memcpy(gradient, net->gradients, net->parameter_count * sizeof *gradient);
  thalnet__clear_gradients(net);
  check->gradient = gradient;
  status = thalnet__training_loss(check->batch, check->state, &check->loss);
  result->loss = check->loss;
  if (status == THALNET_OK) status = thalnet__check_tensors(check, result);
  const thalnet_status prepared = thalnet__prepare(net); /* cannot fail: the parameters are as they were */
  thalnet__forget_results(check->batch);
  return status == THALNET_OK ? prepared : status;
}

thalnet_status thalnet__check_gradient_options(const thalnet_gradient_check_options *options) {
  if (!(options->step > 0 && options->step <= 1))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_gradient_check: step is not above 0 and at most 1");
  if (!(options->tolerance >= 0.001 && options->tolerance <= 1))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_gradient_check: tolerance is not from 0.001 to 1");
  if (options->directions < 1 || options->directions > 1000)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_gradient_check: directions is %d, not in 1..1000",
                         options->directions);
  if (options->reserved != 0)
    return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_gradient_check_options: reserved is not 0");
  return THALNET_OK;
}

thalnet_status thalnet__gradient_check(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state,
                                       const thalnet_gradient_check_options *options, double *errors,
                                       thalnet_gradient_check_result *result) {
  thalnet__check check = {.net = net, .batch = batch, .state = state, .options = options};
  const size_t numbers = net->parameter_count + thalnet__largest_tensor(net);
  void *block, *found;
  if (batch->sequences == 0)
    return thalnet__fail(THALNET_ERROR_STATE, "thalnet_gradient_check: the batch has no sequences");
  if (net->has_gradient)
    return thalnet__fail(THALNET_ERROR_STATE,
                         "thalnet_gradient_check: the center has a gradient that waits for a step");
  THALNET__TRY(thalnet__allocate(&net->memory, numbers, sizeof(real), &block));
  thalnet_status status = thalnet__allocate(&net->memory, net->tensor_count, sizeof(double), &found);
  check.saved = (real *)block + net->parameter_count;
  check.errors = found;
  if (status == THALNET_OK) status = thalnet__run_check(&check, block, result);
  if (status == THALNET_OK && errors != NULL) memcpy(errors, found, net->tensor_count * sizeof *errors);
  thalnet__release(&net->memory, found, net->tensor_count, sizeof(double));
  thalnet__release(&net->memory, block, numbers, sizeof(real));
  return status;
}
