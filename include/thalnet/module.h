/* SPDX-License-Identifier: MIT */
/** @file
 * Modules: stacks of layers, the library's (here) or the host's (layer.h), that turn task inputs and context into features
 * (paper section 2). The input of the first layer is the module's connected inputs, in the order of their numbers, followed
 * by its context; the output of the last layer is the module's features. Modules are created by thalnet_center_add_module,
 * owned by their center and never freed alone.
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
 * **Zoneout** (Krueger et al., Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations, ICLR 2017, section 3): a
 * unit keeps its value of the step before with probability `zoneout`, drawn for each unit at every step:
 *
 *     thalnet_forward_backward       h_t = d * h_{t-1} + (1 - d) * h~_t          d: 1 with probability zoneout, else 0
 *     everything else                h_t = zoneout * h_{t-1} + (1 - zoneout) * h~_t
 *
 * with h~_t the layer's own result; likewise an LSTM's cell with `cell_zoneout`. h~_t = o * tanh(c~_t) sees the cell before it is
 * zoned out, as in the paper. thalnet_forward takes the expectation, and thalnet_backward after it the derivative of that. The
 * rates belong to the layer and are saved with it. A sequence's numbers follow from the batch's seed and epoch, the sequence's
 * id and the step, counted from the start of the batch: windows of a longer sequence need an epoch each, or they keep the same
 * units at the same steps. Units that are kept at the first step, or after a reset, stay at what the sequence starts with.
 * Settle steps are zoned out as all others.
 *
 * **Where gates start.** Two ways of making units remember for longer when training starts; thalnet_center_build uses them, and
 * nothing of them is saved. Both change the bias of the gate that keeps memory: z of a GRU (h' = (1 - z) * n + z * h), f of an
 * LSTM. With `gate_bias` b, b is added to its row of bias_ih. With `time_scale` T, units start with memories of 2 to T steps
 * (chrono initialization: Tallec and Ollivier, Can recurrent neural networks warp time?, ICLR 2018, section 2): the gate's bias
 * is log u, u uniform in [1, T - 1], and an LSTM's b_i is -b_f; these rows of bias_hh are zero. Give one of them.
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
  float zoneout;      /**< probability with which a unit keeps its hidden state: 0, or from 0.000001 to below 1 */
  float gate_bias;    /**< added to the initial bias of z; positive: longer memory */
  float time_scale;   /**< 0, or at least 2: the longest memory in steps to start with; then gate_bias must be 0 */
  int32_t reserved;   /**< 0 */
} thalnet_gru_options;
#define THALNET_GRU_OPTIONS_INIT                                                                                       \
  { sizeof(thalnet_gru_options), 0, 0, 0, 0, 0, 0 }

typedef struct thalnet_lstm_options {
  size_t struct_size;
  int32_t layer_norm; /**< 0 or 1: LN(W_i u; norm_ih) and LN(W_h h; norm_hh) in place of every gate's products, and
                           h' = o * tanh(LN(c'; norm_cell) + bias_cell), as in the paper's supplement; four tensors more,
                           norm_ih and norm_hh [4 units], norm_cell and bias_cell [units], of which the last starts at 0 */
  float zoneout;      /**< probability with which a unit keeps its hidden state: 0, or from 0.000001 to below 1 */
  float cell_zoneout; /**< and its cell */
  float gate_bias;    /**< added to the initial bias of f; positive: longer memory */
  float time_scale;   /**< 0, or at least 2: the longest memory in steps to start with; then gate_bias must be 0 */
  int32_t reserved;   /**< 0 */
} thalnet_lstm_options;
#define THALNET_LSTM_OPTIONS_INIT                                                                                      \
  { sizeof(thalnet_lstm_options), 0, 0, 0, 0, 0, 0 }

/** Adds a layer y = activation(W u + b) on top. Tensors: weight [units, in], bias [units], as torch.nn.Linear.
 * @retval THALNET_ERROR_ARGUMENT units is 0, the activation is unknown, or layer_norm is not 0 or 1
 * @retval THALNET_ERROR_LIMIT    units or the number of layers is above its limit
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_add_dense(thalnet_module *module, size_t units, int32_t activation,
                                                    const thalnet_dense_options *options);

/** Adds a gated recurrent unit; gates in the order r, z, n; h' = (1 - z) * n + z * h. Tensors: weight_ih [3 units, in],
 * weight_hh [3 units, units], bias_ih, bias_hh [3 units], as torch.nn.GRUCell.
 * @retval as thalnet_module_add_dense; THALNET_ERROR_ARGUMENT also for an unknown reset, a rate, gate_bias or time_scale that
 *         is not as said above, or both of the latter */
THALNET_API thalnet_status thalnet_module_add_gru(thalnet_module *module, size_t units,
                                                  const thalnet_gru_options *options);

/** Adds a long short-term memory; gates in the order i, f, g, o. Tensors: weight_ih [4 units, in], weight_hh
 * [4 units, units], bias_ih, bias_hh [4 units], as torch.nn.LSTMCell. Its features are the hidden state h.
 * @retval as thalnet_module_add_gru */
THALNET_API thalnet_status thalnet_module_add_lstm(thalnet_module *module, size_t units,
                                                   const thalnet_lstm_options *options);

/** Connects a declared input; any number of modules may share it.
 * @retval THALNET_ERROR_ARGUMENT there is no such input, or it is connected already
 * @retval THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_connect_input(thalnet_module *module, int32_t input);

/** Connects a declared output: V_{o,i} phi_i is added to it. With all modules connected it is a linear map of the center.
 * @retval THALNET_ERROR_ARGUMENT there is no such output, or it is connected already
 * @retval THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_connect_output(thalnet_module *module, int32_t output);

#ifdef __cplusplus
}
#endif
#endif
