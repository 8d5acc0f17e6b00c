/* SPDX-License-Identifier: MIT */
/** @file
 * Modules: stacks of layers that turn task inputs and context into features (paper section 2). The input of the first layer
 * is the module's connected inputs, in the order of their numbers, followed by its context; the output of the last layer is
 * the module's features. Modules are created by thalnet_center_add_module, owned by their center and never freed alone.
 *
 * A module without reader does not see the center: one such module with four GRU layers is a stacked GRU.
 *
 * **Layer normalisation** (Ba, Kiros, Hinton, Layer Normalization, 2016, arXiv 1607.06450, equation 4), an option of every layer:
 * products go through
 *
 *     LN(x; g) = g * (x - mean(x)) / sqrt(variance(x) + 1e-5)
 *
 * before their biases are added, which are the paper's b. x are the products of one gate, as many as the layer has units; the
 * variance is divided by that number, g is a gain for each. Task inputs and context are one product. Gates are normalised one by
 * one, as in TensorFlow's LayerNormBasicLSTMCell; the paper takes those of one product together (of a GRU r and z, then n). So
 * no gate's size changes another's, and the rule is one for both places of the reset gate, where the product of n comes later
 * than the others. Gains start at 1; weight decay leaves them alone. In a layer of one unit nothing but the biases is left.
 *
 * Every call here: THALNET_ERROR_HANDLE (not a module), THALNET_ERROR_STATE (its center is built), and is remembered by the
 * center when it fails. Threads: one at a time per center. */
#ifndef THALNET_MODULE_H
#define THALNET_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Activations of dense layers. */
enum { THALNET_IDENTITY = 0, THALNET_RELU = 1, THALNET_TANH = 2, THALNET_SIGMOID = 3 };

/** Where a GRU applies its reset gate. */
enum {
  THALNET_RESET_AFTER = 0, /**< after the product, n = tanh(W_in u + b_in + r * (W_hn h + b_hn)): PyTorch, cuDNN */
  THALNET_RESET_BEFORE = 1 /**< before it, n = tanh(W_in u + b_in + W_hn (r * h) + b_hn): Cho et al. 2014 */
};

typedef struct thalnet_dense_options {
  size_t struct_size;
  int32_t layer_norm; /**< 0 or 1: y = activation(LN(W u; norm) + b); one tensor more, norm [units] */
  int32_t reserved;   /**< 0 */
} thalnet_dense_options;
#define THALNET_DENSE_OPTIONS_INIT                                                                                     \
  { sizeof(thalnet_dense_options), 0, 0 }

typedef struct thalnet_gru_options {
  size_t struct_size;
  int32_t reset;      /**< THALNET_RESET_AFTER or THALNET_RESET_BEFORE */
  int32_t layer_norm; /**< 0 or 1: LN(W_i u; norm_ih) and LN(W_h h; norm_hh) in place of every gate's products; n has
                           LN(W_hn (r * h)) with THALNET_RESET_BEFORE; two tensors more, norm_ih and norm_hh [3 units] */
} thalnet_gru_options;
#define THALNET_GRU_OPTIONS_INIT                                                                                       \
  { sizeof(thalnet_gru_options), 0, 0 }

typedef struct thalnet_lstm_options {
  size_t struct_size;
  int32_t layer_norm; /**< 0 or 1: LN(W_i u; norm_ih) and LN(W_h h; norm_hh) in place of every gate's products, and
                           h' = o * tanh(LN(c'; norm_cell) + bias_cell), as in the paper's supplement; four tensors more,
                           norm_ih and norm_hh [4 units], norm_cell and bias_cell [units], of which the last starts at 0 */
  int32_t reserved;   /**< 0 */
} thalnet_lstm_options;
#define THALNET_LSTM_OPTIONS_INIT                                                                                      \
  { sizeof(thalnet_lstm_options), 0, 0 }

/** Adds a layer y = activation(W u + b) on top. Tensors: weight [units, in], bias [units], as torch.nn.Linear.
 * @retval THALNET_ERROR_ARGUMENT units is 0, the activation is unknown, or layer_norm is not 0 or 1
 * @retval THALNET_ERROR_LIMIT    units or the number of layers is above its limit
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_add_dense(thalnet_module *module, size_t units, int32_t activation,
                                                    const thalnet_dense_options *options);

/** Adds a gated recurrent unit; gates in the order r, z, n; h' = (1 - z) * n + z * h. Tensors: weight_ih [3 units, in],
 * weight_hh [3 units, units], bias_ih, bias_hh [3 units], as torch.nn.GRUCell.
 * @retval as thalnet_module_add_dense; THALNET_ERROR_ARGUMENT also for an unknown reset */
THALNET_API thalnet_status thalnet_module_add_gru(thalnet_module *module, size_t units,
                                                  const thalnet_gru_options *options);

/** Adds a long short-term memory; gates in the order i, f, g, o. Tensors: weight_ih [4 units, in], weight_hh
 * [4 units, units], bias_ih, bias_hh [4 units], as torch.nn.LSTMCell. Its features are the hidden state h.
 * @retval as thalnet_module_add_dense */
THALNET_API thalnet_status thalnet_module_add_lstm(thalnet_module *module, size_t units,
                                                   const thalnet_lstm_options *options);

/** Connects a declared input; any number of modules may share it.
 * @retval THALNET_ERROR_ARGUMENT there is no such input, or it is connected already */
THALNET_API thalnet_status thalnet_module_connect_input(thalnet_module *module, int32_t input);

/** Connects a declared output: V_{o,i} phi_i is added to it. With all modules connected it is a linear map of the center.
 * @retval THALNET_ERROR_ARGUMENT there is no such output, or it is connected already */
THALNET_API thalnet_status thalnet_module_connect_output(thalnet_module *module, int32_t output);

#ifdef __cplusplus
}
#endif
#endif
