/* SPDX-License-Identifier: MIT */
/** @file
 * Layers of the host: other recurrent units around the same center, without a change to the library.
 *
 * Such a layer is a cell. The library does what is linear in it: the products of the input and of the hidden state, in
 * training and at live steps, task inputs, tokens and biases, the gradients of all weights. The host does what happens
 * element by element, in two functions: from products to a new hidden state, and back. So the layer's products, which
 * are most of a large network's work, are as fast as in the library's own, and it is threaded, saved, frozen, edited and
 * moved as they are.
 *
 *     a = W_ih u + b_ih          [gates][units]           u: what the layer sees
 *     b = W_hh h + b_hh          [hidden_gates][units]    h: its hidden state at the step before
 *     h', c' = forward(a, b, h, c, vectors)               h': its new hidden state, which is its output; c, c': its cell
 *
 * Tensors: weight_ih [gates units, in], bias_ih [gates units]; with hidden_gates weight_hh [hidden_gates units, units],
 * bias_hh [hidden_gates units]; with vectors vectors [vectors, units]: peepholes, time constants, recurrent weights of a unit with
 * itself. Weights and biases start uniform in +-1/sqrt(units); weight decay leaves biases and vectors alone. A layer that
 * does not look at h has no memory, as a dense one.
 *
 *     static int forward(void *user, const thalnet_layer_call *call) {          h' = (1 - a) h + a tanh(W u + b)
 *       for (size_t r = 0; r < call->rows; r++) {
 *         const float *before = call->hidden_before + r * call->hidden_before_stride, *rate = call->vectors;
 *         float *value = call->input + r * call->stride, *output = call->output + r * call->output_stride;
 *         thalnet_activate(value, call->units, THALNET_TANH);                   in place: backward wants it
 *         for (size_t i = 0; i < call->units; i++) output[i] = before[i] + rate[i] * (value[i] - before[i]);
 *       }
 *       return 0;
 *     }
 *
 * A wrong backward is the usual mistake; thalnet_gradient_check (gradient_check.h) finds it.
 *
 * Rules for both functions. Numbers of a row follow from that row alone, and are the same however many rows a call has;
 * then results are the same for every number of threads. Numbers of a unit follow from those of that unit alone; else
 * growing the layer (edit.h) changes what it did before. They are called from any of the threads of a call, and from
 * several at once: what `user` points to is only read. They run with round to nearest and denormals as zeros, and leave
 * that mode as it is. They return, without exceptions or jumps, and do not call anything that needs a handle. Rows whose
 * sequence is over are computed along with the others; their gradients are 0. Layer norm, zoneout and starts of gates are
 * for the library's own layers. */
#ifndef THALNET_LAYER_H
#define THALNET_LAYER_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/module.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Gates, hidden gates, vectors and kept blocks of a layer: at most so many of each. */
#define THALNET_LAYER_BLOCK_LIMIT 16

/** One step of some rows (sequences). Row r of an array begins r strides behind its first; a row has `units` numbers, or
 * blocks of so many one behind the other. Arrays that the layer does not have are NULL, so are those of the other direction. */
typedef struct thalnet_layer_call {
  size_t struct_size; /**< of the library that calls: later ones may have more members */
  size_t rows;        /**< 1 or more */
  size_t units;
  const float *vectors;       /**< [vectors][units], the same for all rows */
  const float *hidden_before; /**< h */
  size_t hidden_before_stride;
  const float *cell_before; /**< c */
  size_t cell_before_stride;
  float *input; /**< [gates][units]. Forward: a, which it may overwrite with what backward wants. Backward: what forward
                     left there; it must write the gradient of a in its place */
  float *hidden; /**< [hidden_gates][units]: the same for b */
  float *kept;   /**< [kept][units]: written by forward, read by backward */
  size_t stride; /**< of input, hidden, kept and d_vectors */
  float *output; /**< h'. Forward writes it; backward may read it, but it is 0 where the sequence is over */
  size_t output_stride;
  float *cell; /**< c', likewise */
  size_t cell_stride;
  /* backward alone */
  const float *d_output; /**< gradient of h', all of it: from outputs, readers, layers above, later steps */
  size_t d_output_stride;
  const float *d_cell; /**< gradient of c' from later steps */
  size_t d_cell_stride;
  float *d_hidden_before; /**< 0 when called; gradient of h, but that through b, which the library adds */
  size_t d_hidden_before_stride;
  float *d_cell_before; /**< 0 when called; gradient of c */
  size_t d_cell_before_stride;
  float *d_vectors; /**< [vectors][units], 0 when called; the row's part of the gradient, the library adds them up */
} thalnet_layer_call;

/** Not 0: it failed, and so does the call that it happened in, with THALNET_ERROR_HOST: nothing is written, neither
 * states nor gradients. */
typedef int thalnet_layer_function(void *user, const thalnet_layer_call *call);

/** What a layer of the host is. Copied by the calls that take one; `user` must stay there for as long as the center and
 * drafts of it. */
typedef struct thalnet_layer {
  size_t struct_size;
  const char *
      name; /**< in model files; 1..THALNET_NAME_LIMIT letters, digits, '.', '_', '-'. Layers of one name in a center are
                         the same in all but their starts */
  void *user;
  thalnet_layer_function *forward;
  thalnet_layer_function *backward;
  size_t gates;        /**< 1..THALNET_LAYER_BLOCK_LIMIT, the others from 0 on */
  size_t hidden_gates; /**< 0: no product of the hidden state */
  size_t vectors;
  size_t kept;                /**< only what finds no place in `input` and `hidden` */
  int32_t cell;               /**< 1: it has a cell beside its hidden state */
  int32_t reserved;           /**< 0 */
  const float *bias_starts;   /**< [gates], added to the initial values of bias_ih, gate by gate; NULL: nothing is */
  const float *vector_starts; /**< [vectors]: vectors start uniform in vector_starts +- vector_bounds; NULL: 0 */
  const float *vector_bounds; /**< [vectors]; NULL: 0 */
} thalnet_layer;
#define THALNET_LAYER_INIT                                                                                             \
  { sizeof(thalnet_layer), NULL, NULL, NULL, NULL, 1, 0, 0, 0, 0, 0, NULL, NULL, NULL }

/** Adds a layer of the host on top. Model files have its name and sizes; to load them give it in thalnet_load_options.layers.
 * @param layer copied
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE as the calls of module.h
 * @retval THALNET_ERROR_ARGUMENT units is 0; layer, its name or a function of it is NULL, gates is 0, cell is neither 0 nor 1
 * @retval THALNET_ERROR_DATA the name is malformed, or the center has another layer of that name; THALNET_ERROR_NONFINITE a start or bound is not finite
 * @retval THALNET_ERROR_LIMIT units, the number of layers, or a number of blocks is above its limit
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_add_layer(thalnet_module *module, size_t units, const thalnet_layer *layer);

/** Activations for such functions: values = activation(values), as fast, and with the same bits, as in the library's own layers.
 * @param activation THALNET_RELU, THALNET_TANH, ...
 * @retval THALNET_ERROR_ARGUMENT values is NULL, or there is no such activation */
THALNET_API thalnet_status thalnet_activate(float *values, size_t count, int32_t activation);

#ifdef __cplusplus
}
#endif
#endif
