/* SPDX-License-Identifier: MIT */
#include "module/host_layer.h"

#include <string.h>

#include "core/fault.h"
#include "core/options.h"

enum { FORWARD_PRODUCTS, FORWARD_CALL, FORWARD_PHASES };
enum { BACKWARD_CALL, BACKWARD_PRODUCTS, BACKWARD_PHASES };

/* Columns of the blocks in a row of a step. */
static size_t thalnet__hidden_column(const thalnet__layer *layer) { return layer->kind->gates * layer->units; }
static size_t thalnet__vector_column(const thalnet__layer *layer) {
  return thalnet__hidden_column(layer) + layer->kind->hidden_gates * layer->units;
}
static size_t thalnet__kept_column(const thalnet__layer *layer) {
  return thalnet__vector_column(layer) + layer->kind->host->vectors * layer->units;
}

/* --- calling the host --- */

/* Only the first failure is told. What comes after one is lost anyway, and the host is not called again. */
static void thalnet__tell_trouble(const thalnet__layer *layer, const thalnet__layer_step *step, int backward,
                                  int code) {
  int quiet = 0;
  if (!atomic_compare_exchange_strong(&step->trouble->told, &quiet, 1)) return;
  step->trouble->layer = layer;
  step->trouble->backward = backward;
  step->trouble->code = code;
}

static int thalnet__in_trouble(const thalnet__layer_step *step) { return atomic_load(&step->trouble->told); }

/* What both directions see, of some of the rows. */
static thalnet_layer_call thalnet__describe_call(const thalnet__layer *layer, const thalnet__layer_step *step,
                                                 thalnet__range rows) {
  const thalnet__host_layer *host = layer->kind->host;
  const thalnet__const_rows hidden_before = thalnet__const_cut(step->hidden_before, rows, 0);
  const thalnet__rows gates = thalnet__cut(step->gates, rows, 0), output = thalnet__cut(step->output, rows, 0);
  thalnet_layer_call call = {.struct_size = sizeof call, .rows = rows.count, .units = layer->units};
  if (host->vectors > 0) call.vectors = step->prepared + layer->bias + thalnet__vector_column(layer);
  call.hidden_before = hidden_before.at;
  call.hidden_before_stride = hidden_before.ld;
  call.input = gates.at;
  if (layer->kind->hidden_gates > 0) call.hidden = gates.at + thalnet__hidden_column(layer);
  if (thalnet__kept_column(layer) < layer->kind->blocks * layer->units)
    call.kept = gates.at + thalnet__kept_column(layer);
  call.stride = gates.ld;
  call.output = output.at;
  call.output_stride = output.ld;
  if (!layer->kind->cell) return call;
  const thalnet__const_rows cell_before = thalnet__const_cut(step->cell_before, rows, 0);
  const thalnet__rows cell = thalnet__cut(step->cell, rows, 0);
  call.cell_before = cell_before.at;
  call.cell_before_stride = cell_before.ld;
  call.cell = cell.at;
  call.cell_stride = cell.ld;
  return call;
}

static void thalnet__zero_rows(size_t rows, size_t count, real *at, size_t ld) {
  for (size_t r = 0; r < rows; r++) memset(at + r * ld, 0, count * sizeof *at);
}

/* Gradients to be written begin at zero. */
static void thalnet__describe_gradients(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        const thalnet__layer_gradient *gradient, thalnet__range rows,
                                        thalnet_layer_call *call) {
  const size_t n = layer->units, vectors = layer->kind->host->vectors * n;
  const thalnet__const_rows d_output = thalnet__const_cut(gradient->d_output, rows, 0);
  const thalnet__rows d_before = thalnet__cut(gradient->d_hidden_before, rows, 0);
  call->d_output = d_output.at;
  call->d_output_stride = d_output.ld;
  call->d_hidden_before = d_before.at;
  call->d_hidden_before_stride = d_before.ld;
  thalnet__zero_rows(rows.count, n, d_before.at, d_before.ld);
  if (vectors > 0) {
    const thalnet__rows d_vectors = thalnet__cut(step->gates, rows, thalnet__vector_column(layer));
    call->d_vectors = d_vectors.at;
    thalnet__zero_rows(rows.count, vectors, d_vectors.at, d_vectors.ld);
  }
  if (!layer->kind->cell) return;
  const thalnet__const_rows d_cell = thalnet__const_cut(gradient->d_cell, rows, 0);
  const thalnet__rows d_cell_before = thalnet__cut(gradient->d_cell_before, rows, 0);
  call->d_cell = d_cell.at;
  call->d_cell_stride = d_cell.ld;
  call->d_cell_before = d_cell_before.at;
  call->d_cell_before_stride = d_cell_before.ld;
  thalnet__zero_rows(rows.count, n, d_cell_before.at, d_cell_before.ld);
}

/* --- a step --- */

static void thalnet__add_biases(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows) {
  const size_t column = thalnet__hidden_column(layer), hidden = layer->kind->hidden_gates * layer->units;
  const real *bias = step->prepared + layer->bias + column;
  for (size_t r = rows.first; r < rows.first + rows.count; r++) {
    real *gates = step->gates.at + r * step->gates.ld;
    step->kernels->add(column, step->base.at + r * step->base.ld, gates);
    if (hidden > 0) step->kernels->add(hidden, bias, gates + column);
  }
}

static void thalnet__host_forward(const thalnet__layer *layer, const thalnet__layer_step *step, size_t phase,
                                  thalnet__part part) {
  const thalnet__host_layer *host = layer->kind->host;
  if (phase == FORWARD_PRODUCTS) {
    const thalnet__rows hidden = {step->gates.at + thalnet__hidden_column(layer), step->gates.ld};
    thalnet__layer_multiply_input(layer, step, step->gates, part);
    if (layer->kind->hidden_gates > 0)
      thalnet__matrix_forward(step->kernels, &layer->hidden, step->prepared, step->rows, step->hidden_before, 0, hidden,
                              part);
    return;
  }
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  if (rows.count == 0 || thalnet__in_trouble(step)) return;
  thalnet__add_biases(layer, step, rows);
  const thalnet_layer_call call = thalnet__describe_call(layer, step, rows);
  const int code = host->forward(host->user, &call);
  if (code != 0) thalnet__tell_trouble(layer, step, 0, code);
}

static void thalnet__host_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                   const thalnet__layer_gradient *gradient, size_t phase, thalnet__part part) {
  const thalnet__host_layer *host = layer->kind->host;
  if (phase == BACKWARD_PRODUCTS) {
    thalnet__layer_multiply_input_gradient(layer, step, gradient, part);
    if (layer->kind->hidden_gates > 0 && !THALNET__FAULT(DROP_RECURRENT))
      thalnet__matrix_backward(step->kernels, &layer->hidden, step->prepared, step->rows,
                               thalnet__const_view(step->hidden_side), 1, gradient->d_hidden_before, part);
    return;
  }
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  if (rows.count == 0 || thalnet__in_trouble(step)) return;
  thalnet_layer_call call = thalnet__describe_call(layer, step, rows);
  thalnet__describe_gradients(layer, step, gradient, rows, &call);
  const int code = host->backward(host->user, &call);
  if (code != 0) thalnet__tell_trouble(layer, step, 1, code);
}

/* --- its parameters --- */

static void thalnet__host_hidden_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum,
                                           thalnet__part part) {
  const size_t n = layer->units, hidden = layer->kind->hidden_gates * n;
  if (hidden > 0)
    thalnet__layer_weight_gradient(sum, sum->hidden_side, 0, hidden, sum->hidden_before, n,
                                   sum->gradients + layer->weight_hh, n, part);
}

void thalnet__host_layer_sums(const thalnet__layer *layer, const thalnet__layer_sum *sum) {
  const size_t n = layer->units, hidden = layer->kind->hidden_gates * n, vectors = layer->kind->host->vectors * n;
  thalnet__bias_sums(sum, 0, thalnet__hidden_column(layer), sum->gradients + layer->bias_ih, NULL);
  if (hidden > 0) thalnet__bias_sums(sum, thalnet__hidden_column(layer), hidden, sum->gradients + layer->bias_hh, NULL);
  if (vectors > 0)
    thalnet__bias_sums(sum, thalnet__vector_column(layer), vectors, sum->gradients + layer->vectors, NULL);
}

void thalnet__host_layer_prepare(const thalnet__layer *layer, const real *parameters, real *prepared) {
  const size_t n = layer->units, hidden = layer->kind->hidden_gates * n, vectors = layer->kind->host->vectors * n;
  real *to = prepared + layer->bias;
  memcpy(to, parameters + layer->bias_ih, thalnet__hidden_column(layer) * sizeof *to);
  if (hidden > 0) memcpy(to + thalnet__hidden_column(layer), parameters + layer->bias_hh, hidden * sizeof *to);
  if (vectors > 0) memcpy(to + thalnet__vector_column(layer), parameters + layer->vectors, vectors * sizeof *to);
}

void thalnet__host_layer_initialize(const thalnet__layer *layer, real *parameters) {
  const thalnet__host_layer *host = layer->kind->host;
  const size_t n = layer->units;
  real *bias = parameters + layer->bias_ih, *vectors = parameters + layer->vectors;
  for (size_t i = 0; i < layer->kind->gates * n; i++) bias[i] += host->bias_starts[i / n];
  for (size_t i = 0; i < host->vectors * n; i++)
    vectors[i] = host->vector_starts[i / n] + host->vector_bounds[i / n] * vectors[i];
}

/* --- what the host gives --- */

static thalnet_status thalnet__check_layer_name(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (name == NULL) return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_layer: name is NULL");
  const size_t length = strnlen(name, THALNET_NAME_LIMIT + 1);
  if (length == 0 || length > THALNET_NAME_LIMIT)
    return thalnet__fail(THALNET_ERROR_DATA, "thalnet_layer: a name has 1 to %d characters", THALNET_NAME_LIMIT);
  if (strspn(name, letters) != length)
    return thalnet__fail(THALNET_ERROR_DATA, "thalnet_layer '%s': a name is made of letters, digits, '.', '_' and '-'",
                         name);
  return THALNET_OK;
}

static thalnet_status thalnet__check_blocks(const char *name, const char *what, size_t count, size_t least) {
  if (count < least) return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_layer '%s': %s is %zu", name, what, count);
  if (count > THALNET_LAYER_BLOCK_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "thalnet_layer '%s': %s %zu is above %d", name, what, count,
                         THALNET_LAYER_BLOCK_LIMIT);
  return THALNET_OK;
}

/* values NULL: zeros, as they are. */
static thalnet_status thalnet__copy_starts(const char *name, const char *what, const real *values, size_t count,
                                           real *to) {
  for (size_t i = 0; i < count && values != NULL; i++) {
    if (!thalnet__is_finite_real(values[i]))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "thalnet_layer '%s': %s %zu is not finite", name, what, i);
    to[i] = values[i];
  }
  return THALNET_OK;
}

static thalnet_status thalnet__check_layer(const thalnet_layer *layer) {
  THALNET__TRY(thalnet__check_layer_name(layer->name));
  THALNET__TRY(thalnet__check_blocks(layer->name, "gates", layer->gates, 1));
  THALNET__TRY(thalnet__check_blocks(layer->name, "hidden_gates", layer->hidden_gates, 0));
  THALNET__TRY(thalnet__check_blocks(layer->name, "vectors", layer->vectors, 0));
  THALNET__TRY(thalnet__check_blocks(layer->name, "kept", layer->kept, 0));
  if (layer->forward == NULL || layer->backward == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_layer '%s': %s is NULL", layer->name,
                         layer->forward == NULL ? "forward" : "backward");
  if (layer->cell != 0 && layer->cell != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_layer '%s': cell is %d, not 0 or 1", layer->name,
                         layer->cell);
  if (layer->reserved != 0)
    return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_layer '%s': reserved is not 0", layer->name);
  return THALNET_OK;
}

thalnet_status thalnet__host_layer_read(const thalnet_layer *given, thalnet__host_layer *made) {
  thalnet_layer layer = THALNET_LAYER_INIT;
  THALNET__TRY(thalnet__read_options(&layer, sizeof layer, sizeof layer, given, "thalnet_layer"));
  THALNET__TRY(thalnet__check_layer(&layer));
  *made = (thalnet__host_layer){
      .user = layer.user, .forward = layer.forward, .backward = layer.backward, .vectors = layer.vectors};
  THALNET__TRY(thalnet__copy_starts(layer.name, "bias_starts", layer.bias_starts, layer.gates, made->bias_starts));
  THALNET__TRY(
      thalnet__copy_starts(layer.name, "vector_starts", layer.vector_starts, layer.vectors, made->vector_starts));
  THALNET__TRY(
      thalnet__copy_starts(layer.name, "vector_bounds", layer.vector_bounds, layer.vectors, made->vector_bounds));
  memcpy(made->name, layer.name, strlen(layer.name) + 1);
  made->kind = (thalnet__layer_kind){.name = made->name,
                                     .gates = layer.gates,
                                     .blocks = layer.gates + layer.hidden_gates + layer.vectors + layer.kept,
                                     .hidden_gates = layer.hidden_gates,
                                     .hidden_block = layer.gates,
                                     .recurrent = 1,
                                     .cell = layer.cell,
                                     .forward_phases = FORWARD_PHASES,
                                     .backward_phases = BACKWARD_PHASES,
                                     .forward = thalnet__host_forward,
                                     .backward = thalnet__host_backward,
                                     .hidden_gradients = thalnet__host_hidden_gradients,
                                     .host = made};
  return THALNET_OK;
}

thalnet_status thalnet__host_layer_keep(const thalnet_memory *memory, const thalnet__host_layer *host,
                                        const thalnet__layer_kind **kind_out) {
  void *block;
  THALNET__TRY(thalnet__allocate(memory, 1, sizeof *host, &block));
  thalnet__host_layer *kept = block;
  *kept = *host;
  kept->kind.name = kept->name;
  kept->kind.host = kept;
  *kind_out = &kept->kind;
  return THALNET_OK;
}

void thalnet__host_layer_drop(const thalnet_memory *memory, const thalnet__layer_kind *kind) {
  if (kind->host != NULL) thalnet__release(memory, (void *)(uintptr_t)kind->host, 1, sizeof *kind->host);
}

int thalnet__same_kind(const thalnet__layer_kind *one, const thalnet__layer_kind *other) {
  if (one->host == NULL || other->host == NULL) return one == other;
  return strcmp(one->name, other->name) == 0 && one->gates == other->gates &&
         one->hidden_gates == other->hidden_gates && one->host->vectors == other->host->vectors &&
         one->cell == other->cell;
}

int thalnet__same_host_layer(const thalnet__host_layer *one, const thalnet__host_layer *other) {
  return thalnet__same_kind(&one->kind, &other->kind) && one->kind.blocks == other->kind.blocks &&
         one->user == other->user && one->forward == other->forward && one->backward == other->backward;
}
