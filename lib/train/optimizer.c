/* SPDX-License-Identifier: MIT */
#include "train/optimizer.h"

#include <math.h>

#include "core/checked.h"
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
      {"average", thalnet__is_fraction(options->average)},
      {"decay_factor", options->decay_factor > 0 && options->decay_factor <= 1},
      {"final_fraction", options->final_fraction >= 0 && options->final_fraction <= 1},
      {"schedule", options->schedule >= THALNET_SCHEDULE_CONSTANT && options->schedule <= THALNET_SCHEDULE_COSINE},
      {"decay_steps", options->schedule != THALNET_SCHEDULE_STEP || options->decay_steps >= 1},
      {"nonfinite", options->nonfinite >= THALNET_NONFINITE_ERROR && options->nonfinite <= THALNET_NONFINITE_PROPAGATE},
      {"total_steps", options->schedule != THALNET_SCHEDULE_COSINE || options->total_steps > options->warmup_steps},
  };
  if (kind < THALNET_SGD || kind > THALNET_ADAMW)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "there is no optimizer %d", kind);
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
    if (!checks[i].right)
      return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_optimizer_options: %s is out of range", checks[i].name);
  return THALNET_OK;
}

/* --- life --- */

enum { THALNET__PIECE = 1 << 16 };

static size_t thalnet__tensor_pieces(const thalnet__tensor *tensor) {
  return tensor->count / THALNET__PIECE + (tensor->count % THALNET__PIECE != 0);
}

static thalnet_status thalnet__make_pieces(thalnet_optimizer *optimizer) {
  const thalnet_center *net = optimizer->net;
  size_t count = 0, made = 0;
  void *block;
  for (size_t t = 0; t < net->tensor_count; t++) count += thalnet__tensor_pieces(&net->tensors[t]);
  THALNET__TRY(thalnet__allocate(&net->memory, count, sizeof *optimizer->pieces, &block));
  optimizer->pieces = block;
  optimizer->piece_count = count;
  for (size_t t = 0; t < net->tensor_count; t++)
    for (size_t at = 0; at < net->tensors[t].count; at += THALNET__PIECE)
      optimizer->pieces[made++] =
          (thalnet__step_piece){.tensor = t,
                                .place = net->tensors[t].place + at,
                                .count = thalnet__min(THALNET__PIECE, net->tensors[t].count - at)};
  return THALNET_OK;
}

void thalnet__optimizer_free(thalnet_optimizer *optimizer) {
  const thalnet_center *net = optimizer->net;
  if (optimizer->swapped) atomic_store((atomic_int *)(uintptr_t)&net->averaged, 0); /* they stay for good */
  thalnet__release(&net->memory, optimizer->averages, net->parameter_count, sizeof(real));
  thalnet__release(&net->memory, optimizer->first, net->parameter_count, sizeof(real));
  thalnet__release(&net->memory, optimizer->second, net->parameter_count, sizeof(real));
  thalnet__release(&net->memory, optimizer->tensor_steps, net->tensor_count, sizeof *optimizer->tensor_steps);
  thalnet__release(&net->memory, optimizer->pieces, optimizer->piece_count, sizeof *optimizer->pieces);
  optimizer->magic = 0;
  thalnet__release(&net->memory, optimizer, 1, sizeof *optimizer);
  thalnet__center_drop(net);
}

thalnet_status thalnet__optimizer_create(const thalnet_center *net, int32_t kind,
                                         const thalnet_optimizer_options *options, thalnet_optimizer **optimizer_out) {
  void *block, *first = NULL, *second = NULL, *averages = NULL, *tensor_steps = NULL;
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
  if (status == THALNET_OK && options->average > 0)
    status = thalnet__allocate(&net->memory, net->parameter_count, sizeof(real), &averages);
  if (status == THALNET_OK)
    status = thalnet__allocate(&net->memory, net->tensor_count, sizeof *optimizer->tensor_steps, &tensor_steps);
  optimizer->first = first;
  optimizer->second = second;
  optimizer->averages = averages;
  optimizer->tensor_steps = tensor_steps;
  if (status == THALNET_OK) status = thalnet__make_pieces(optimizer);
  if (status != THALNET_OK) {
    thalnet__optimizer_free(optimizer);
    return status;
  }
  optimizer->magic = THALNET__OPTIMIZER_MAGIC;
  *optimizer_out = optimizer;
  return THALNET_OK;
}

/* --- the work on pieces --- */

typedef struct thalnet__step_call {
  thalnet_optimizer *optimizer;
  const thalnet_center *net;
  void (*work)(const struct thalnet__step_call *call, thalnet__step_piece *piece);
} thalnet__step_call;

static void thalnet__step_task(void *argument, size_t index) {
  const thalnet__step_call *call = argument;
  thalnet__step_piece *piece = &call->optimizer->pieces[index];
  if (call->net->received[piece->tensor]) call->work(call, piece);
}

/* All pieces; what one does depends on no other, and is the same whoever does it. Small networks are through before a thread
 * would have started. */
static void thalnet__each_piece(thalnet_optimizer *optimizer, const thalnet_center *net,
                                void (*work)(const thalnet__step_call *call, thalnet__step_piece *piece)) {
  thalnet__step_call call = {optimizer, net, work};
  if (net->parameter_count >= 8 * THALNET__PIECE)
    thalnet__threads_run(&net->threads, thalnet__step_task, &call, optimizer->piece_count);
  else
    for (size_t i = 0; i < optimizer->piece_count; i++) thalnet__step_task(&call, i);
}

static void thalnet__sum_squares(const thalnet__step_call *call, thalnet__step_piece *piece) {
  const real *gradient = call->net->gradients + piece->place;
  piece->squares = call->net->kernels->dot_double(piece->count, gradient, gradient);
}

thalnet__moments thalnet__moments_at(const thalnet_optimizer *optimizer, const thalnet_center *net, size_t place) {
  return (thalnet__moments){.gradient = net->gradients + place,
                            .first = optimizer->first + place,
                            .second = optimizer->second == NULL ? NULL : optimizer->second + place,
                            .parameter = net->parameters + place,
                            .average = optimizer->averages == NULL ? NULL : optimizer->averages + place};
}

static void thalnet__try_piece(const thalnet__step_call *call, thalnet__step_piece *piece) {
  const thalnet__moments moments = thalnet__moments_at(call->optimizer, call->net, piece->place);
  piece->largest = call->net->kernels->try_update(call->optimizer->kind, piece->count, &piece->update, &moments);
}

static void thalnet__apply_piece(const thalnet__step_call *call, thalnet__step_piece *piece) {
  const thalnet__moments moments = thalnet__moments_at(call->optimizer, call->net, piece->place);
  call->net->kernels->update(call->optimizer->kind, piece->count, &piece->update, &moments);
  memset(call->net->gradients + piece->place, 0, piece->count * sizeof(real)); /* while it is in the cache */
}

/* --- the step --- */

/* The global norm, piece by piece in their order, in double. */
static double thalnet__gradient_norm(thalnet_optimizer *optimizer, const thalnet_center *net) {
  double sum = 0;
  thalnet__each_piece(optimizer, net, thalnet__sum_squares);
  for (size_t i = 0; i < optimizer->piece_count; i++)
    if (net->received[optimizer->pieces[i].tensor]) sum += optimizer->pieces[i].squares;
  return sqrt(sum);
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
      .average = (real)((1 - options->average) / (1 - pow(options->average, updates))),
  };
}

/* Tries the step. Refuses what would not be finite, or would leave a weight-norm matrix without a norm; what propagates is as large
 * as can be. Nothing is written before all tensors have passed, so that a refused step changes nothing. */
static thalnet_status thalnet__try_step(thalnet_optimizer *optimizer, const thalnet_center *net, double scale) {
  double largest = 0;
  for (size_t i = 0; i < optimizer->piece_count; i++)
    optimizer->pieces[i].update = thalnet__update_for(optimizer, optimizer->pieces[i].tensor, scale);
  thalnet__each_piece(optimizer, net, thalnet__try_piece);
  for (size_t i = 0; i < optimizer->piece_count; i++) {
    const thalnet__step_piece *piece = &optimizer->pieces[i];
    const thalnet__tensor *tensor = &net->tensors[piece->tensor];
    const int ends = i + 1 == optimizer->piece_count || optimizer->pieces[i + 1].tensor != piece->tensor;
    const int finite = thalnet__is_finite_real(piece->largest);
    if (!net->received[piece->tensor]) continue;
    if (!finite && optimizer->options.nonfinite != THALNET_NONFINITE_PROPAGATE)
      return thalnet__tell_update(optimizer, net);
    if (!finite || (double)piece->largest > largest) largest = finite ? (double)piece->largest : (double)INFINITY;
    if (ends && tensor->normed && !(largest * largest > 0)) /* the norm is a sum of squares */
      return thalnet__fail(THALNET_ERROR_NONFINITE, "step %llu: %s would be all zeros and has no norm",
                           (unsigned long long)optimizer->steps + 1, tensor->name);
    if (ends) largest = 0;
  }
  return THALNET_OK;
}

/* Whether the step may be made; nothing has changed yet but the norm that is told. */
static thalnet_status thalnet__judge_step(thalnet_optimizer *optimizer, const thalnet_center *net) {
  const thalnet_optimizer_options *options = &optimizer->options;
  const int skips = options->nonfinite == THALNET_NONFINITE_SKIP;
  if (skips && net->lost_batch)
    return thalnet__fail(THALNET_ERROR_NONFINITE, "step %llu: the loss of a batch is not finite",
                         (unsigned long long)optimizer->steps + 1);
  const double norm = thalnet__gradient_norm(optimizer, net);
  const int finite = thalnet__is_finite(norm);
  if (!finite && options->nonfinite != THALNET_NONFINITE_PROPAGATE) return thalnet__tell_gradient(optimizer, net);
  optimizer->gradient_norm = norm;
  return thalnet__try_step(optimizer, net, finite && norm > options->clip_norm ? options->clip_norm / norm : 1);
}

static void thalnet__apply_step(thalnet_optimizer *optimizer, thalnet_center *net) {
  thalnet__each_piece(optimizer, net, thalnet__apply_piece);
  for (size_t t = 0; t < net->tensor_count; t++) optimizer->tensor_steps[t] += net->received[t];
  optimizer->steps++;
  optimizer->skipped_in_a_row = 0;
}

thalnet_status thalnet__optimizer_step(thalnet_optimizer *optimizer, thalnet_center *net) {
  const int skips = optimizer->options.nonfinite == THALNET_NONFINITE_SKIP;
  if (atomic_load(&net->averaged))
    return thalnet__fail(THALNET_ERROR_STATE, "averages are in the place of the weights: call "
                                              "thalnet_optimizer_swap_averages before the next step");
  if (net->gradients == NULL || !(net->has_gradient || (skips && net->lost_batch)))
    return thalnet__fail(THALNET_ERROR_STATE, "no gradient since the last step");
  const thalnet_status status = thalnet__judge_step(optimizer, net);
  if (status != THALNET_OK) {
    thalnet__clear_gradients(net);
    return skips ? thalnet__leave_out(optimizer) : status;
  }
  thalnet__apply_step(optimizer, net);
  thalnet__forget_gradients(net); /* zeros already, where they were received */
  return thalnet__prepare(net);   /* cannot fail: the norms were tried */
}
