/* SPDX-License-Identifier: MIT */
#include "train/optimizer.h"

#include <math.h>
#include <string.h>

#include "network/gradients.h"
#include "network/prepare.h"

/* --- options --- */

static int thalnet__is_fraction(double value) { return thalnet__is_finite(value) && value >= 0 && value < 1; }

static int thalnet__is_amount(double value) { return thalnet__is_finite(value) && value >= 0; }

thalnet_status thalnet__check_optimizer_options(int32_t kind, const thalnet_optimizer_options *options) {
  const struct {
    const char *name;
    int right;
  } checks[] = {
      {"rate", thalnet__is_amount(options->rate)},
      {"momentum", thalnet__is_fraction(options->momentum)},
      {"beta1", thalnet__is_fraction(options->beta1)},
      {"beta2", thalnet__is_fraction(options->beta2)},
      {"smoothing", thalnet__is_fraction(options->smoothing)},
      {"epsilon", thalnet__is_amount(options->epsilon)},
      {"weight_decay", thalnet__is_amount(options->weight_decay)},
      {"clip_norm", options->clip_norm >= 0},
      {"decay_factor", options->decay_factor > 0 && options->decay_factor <= 1},
      {"final_fraction", options->final_fraction >= 0 && options->final_fraction <= 1},
      {"schedule", options->schedule >= THALNET_SCHEDULE_CONSTANT && options->schedule <= THALNET_SCHEDULE_COSINE},
      {"decay_steps", options->schedule != THALNET_SCHEDULE_STEP || options->decay_steps >= 1},
      {"total_steps", options->schedule != THALNET_SCHEDULE_COSINE || options->total_steps > options->warmup_steps},
  };
  if (kind < THALNET_SGD || kind > THALNET_ADAMW)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "there is no optimizer %d", kind);
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
    if (!checks[i].right)
      return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_optimizer_options: %s is out of range", checks[i].name);
  if (options->reserved != 0)
    return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_optimizer_options: reserved is not 0");
  return THALNET_OK;
}

/* --- life --- */

void thalnet__optimizer_free(thalnet_optimizer *optimizer) {
  const thalnet_center *net = optimizer->net;
  thalnet__release(&net->memory, optimizer->first, net->parameter_count, sizeof(real));
  thalnet__release(&net->memory, optimizer->second, net->parameter_count, sizeof(real));
  thalnet__release(&net->memory, optimizer->tensor_steps, net->tensor_count, sizeof *optimizer->tensor_steps);
  optimizer->magic = 0;
  thalnet__release(&net->memory, optimizer, 1, sizeof *optimizer);
  thalnet__center_drop(net);
}

thalnet_status thalnet__optimizer_create(const thalnet_center *net, int32_t kind,
                                         const thalnet_optimizer_options *options, thalnet_optimizer **optimizer_out) {
  void *block, *first = NULL, *second = NULL, *tensor_steps = NULL;
  *optimizer_out = NULL;
  THALNET__TRY(thalnet__allocate(&net->memory, 1, sizeof(thalnet_optimizer), &block));
  thalnet_optimizer *optimizer = block;
  thalnet__center_keep(net);
  optimizer->net = net;
  optimizer->kind = kind;
  optimizer->options = *options;
  atomic_init(&optimizer->busy, 0);
  thalnet_status status = thalnet__allocate(&net->memory, net->parameter_count, sizeof(real), &first);
  if (status == THALNET_OK && kind != THALNET_SGD)
    status = thalnet__allocate(&net->memory, net->parameter_count, sizeof(real), &second);
  if (status == THALNET_OK)
    status = thalnet__allocate(&net->memory, net->tensor_count, sizeof *optimizer->tensor_steps, &tensor_steps);
  optimizer->first = first;
  optimizer->second = second;
  optimizer->tensor_steps = tensor_steps;
  if (status != THALNET_OK) {
    thalnet__optimizer_free(optimizer);
    return status;
  }
  optimizer->magic = THALNET__OPTIMIZER_MAGIC;
  *optimizer_out = optimizer;
  return THALNET_OK;
}

/* --- the step --- */

/* The global norm, tensor by tensor in their order, in double. */
static thalnet_status thalnet__gradient_norm(const thalnet_center *net, double *norm) {
  double sum = 0;
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    const real *gradient = net->gradients + tensor->place;
    double part = 0;
    if (!net->received[t]) continue;
    for (size_t i = 0; i < tensor->count; i++) part += (double)gradient[i] * (double)gradient[i];
    if (!isfinite(part))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "the gradient of %s is not finite", tensor->name);
    sum += part;
  }
  *norm = sqrt(sum);
  return THALNET_OK;
}

static thalnet__update thalnet__update_for(const thalnet_optimizer *optimizer, size_t t, double scale) {
  const thalnet_optimizer_options *options = &optimizer->options;
  const int decays = optimizer->net->tensors[t].decays, adamw = optimizer->kind == THALNET_ADAMW;
  const double rate = thalnet__schedule_rate(options, optimizer->steps), decay = decays ? options->weight_decay : 0;
  const double updates = (double)(optimizer->tensor_steps[t] + 1);
  return (thalnet__update){
      .scale = (real)scale,
      .rate = (real)rate,
      .decay = adamw ? 0 : (real)decay,
      .decoupled = adamw ? (real)(rate * decay) : 0,
      .momentum = (real)options->momentum,
      .beta1 = (real)options->beta1,
      .beta2 = optimizer->kind == THALNET_RMSPROP ? (real)options->smoothing : (real)options->beta2,
      .epsilon = (real)options->epsilon,
      .correction1 = (real)(1 / (1 - pow(options->beta1, updates))),
      .correction2 = (real)(1 / (1 - pow(options->beta2, updates))),
  };
}

static void thalnet__apply(const thalnet_optimizer *optimizer, const thalnet__update *update, size_t n, const real *g,
                           real *m, real *v, real *w) {
  const thalnet__kernels *kernels = optimizer->net->kernels;
  if (optimizer->kind == THALNET_SGD)
    kernels->sgd(n, update, g, m, w);
  else if (optimizer->kind == THALNET_RMSPROP)
    kernels->rmsprop(n, update, g, m, v, w);
  else
    kernels->adam(n, update, g, m, v, w);
}

/* Tries the update of a tensor on copies, piece by piece, and refuses what would not be finite, or would leave a weight-norm
 * matrix without a norm. Nothing is written before all tensors have passed, so that a refused step changes nothing. */
static thalnet_status thalnet__try_tensor(const thalnet_optimizer *optimizer, const thalnet_center *net, size_t t,
                                          const thalnet__update *update, int needs_norm) {
  enum { PIECE = 256 };
  const thalnet__tensor *tensor = &net->tensors[t];
  real m[PIECE], v[PIECE], w[PIECE];
  double sum = 0;
  for (size_t at = 0; at < tensor->count; at += PIECE) {
    const size_t n = tensor->count - at < PIECE ? tensor->count - at : PIECE, place = tensor->place + at;
    memcpy(m, optimizer->first + place, n * sizeof *m);
    if (optimizer->second != NULL) memcpy(v, optimizer->second + place, n * sizeof *v);
    memcpy(w, net->parameters + place, n * sizeof *w);
    thalnet__apply(optimizer, update, n, net->gradients + place, m, v, w);
    real wrong = 0; /* NaN as soon as anything is not finite */
    for (size_t i = 0; i < n; i++) {
      wrong += (w[i] - w[i]) + (m[i] - m[i]);
      sum += (double)w[i] * (double)w[i];
    }
    for (size_t i = 0; i < n && optimizer->second != NULL; i++) wrong += v[i] - v[i];
    if (!(wrong == 0))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "%s would not be finite after the step", tensor->name);
  }
  if (needs_norm && !(sqrt(sum) > 0))
    return thalnet__fail(THALNET_ERROR_NONFINITE, "%s would be all zeros after the step and has no norm", tensor->name);
  return THALNET_OK;
}

static thalnet_status thalnet__try_step(const thalnet_optimizer *optimizer, const thalnet_center *net, double scale) {
  for (size_t t = 0; t < net->tensor_count; t++) {
    if (!net->received[t]) continue;
    const thalnet__update update = thalnet__update_for(optimizer, t, scale);
    THALNET__TRY(thalnet__try_tensor(optimizer, net, t, &update, net->tensors[t].normed));
  }
  return THALNET_OK;
}

static void thalnet__apply_step(thalnet_optimizer *optimizer, thalnet_center *net, double scale) {
  for (size_t t = 0; t < net->tensor_count; t++) {
    const size_t place = net->tensors[t].place;
    if (!net->received[t]) continue;
    const thalnet__update update = thalnet__update_for(optimizer, t, scale);
    thalnet__apply(optimizer, &update, net->tensors[t].count, net->gradients + place, optimizer->first + place,
                   optimizer->second == NULL ? NULL : optimizer->second + place, net->parameters + place);
    optimizer->tensor_steps[t]++;
  }
  optimizer->steps++;
}

thalnet_status thalnet__optimizer_step(thalnet_optimizer *optimizer, thalnet_center *net) {
  double norm = 0, scale = 1;
  if (net->gradients == NULL || !net->has_gradient)
    return thalnet__fail(THALNET_ERROR_STATE, "no gradient since the last step");
  thalnet_status status = thalnet__gradient_norm(net, &norm);
  if (status == THALNET_OK) {
    optimizer->gradient_norm = norm;
    if (norm > optimizer->options.clip_norm) scale = optimizer->options.clip_norm / norm;
    status = thalnet__try_step(optimizer, net, scale);
  }
  if (status == THALNET_OK) {
    thalnet__apply_step(optimizer, net, scale);
    status = thalnet__prepare(net); /* cannot fail: the norms were tried */
  }
  thalnet__clear_gradients(net);
  return status;
}
