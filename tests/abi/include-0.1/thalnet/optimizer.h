/* SPDX-License-Identifier: MIT */
/** @file
 * Optimizers: what turns gradients into better parameters.
 *
 * A step: the global norm of all gradients is computed in double; if it is not finite the step is refused; above clip_norm
 * all gradients are scaled down to it; every tensor that received a gradient since the last step is updated by the rule
 * below; gradients are set to zero. g is the gradient after clipping, w the parameter, r the rate of the schedule:
 *
 * | kind    | rule                                                                                                      |
 * |---------|-----------------------------------------------------------------------------------------------------------|
 * | SGD     | g += decay w; m = momentum m + g; w -= r m                                                                |
 * | RMSPROP | g += decay w; v = smoothing v + (1 - smoothing) g^2; m = momentum m + g / (sqrt(v) + epsilon); w -= r m   |
 * | ADAM    | g += decay w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= r m^ / (sqrt(v^) + epsilon)|
 * | ADAMW   | w -= r decay w; then as ADAM without decay                                                                |
 *
 * m^ = m / (1 - beta1^t) and v^ = v / (1 - beta2^t), t counting the tensor's own updates. Decay applies to weight matrices
 * only: not to biases, scales, gains of layer norm and weight-norm matrices.
 *
 * Averages. With d = average above 0 every update ends with a += (1 - d) / (1 - d^t) (w - a): an exponential moving average of the
 * weights after each of the tensor's own updates, without any share of the values before the first one. A step in which a tensor
 * receives no gradient is none of its updates: weights, moments, average and t stay. The first average is the weight, early ones
 * are close to plain means, later ones forget with d; about 1 / (1 - d) updates count. Averaged weights often evaluate better than
 * the last ones (Polyak and Juditsky 1992; Izmailov et al. 2018, arXiv 1803.05407).
 * thalnet_optimizer_swap_averages puts them in. They are kept in single precision: from d = 0.9999 on, the last bits of a weight
 * that hardly moves no longer reach its average.
 *
 * Memory: blocks of the size of all parameters, one with SGD and two with the others, one more with averages.
 *
 * Threads: one at a time per optimizer. */
#ifndef THALNET_OPTIMIZER_H
#define THALNET_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An update rule with its moments. */
typedef struct thalnet_optimizer thalnet_optimizer;

/** Kinds of optimizers. */
enum { THALNET_SGD = 0, THALNET_RMSPROP = 1, THALNET_ADAM = 2, THALNET_ADAMW = 3 };

/** How the rate changes with the number of steps s done so far. In every case the rate is multiplied by
 * (s + 1) / warmup_steps during the first warmup_steps. */
enum {
  THALNET_SCHEDULE_CONSTANT = 0, /**< rate */
  THALNET_SCHEDULE_STEP = 1,     /**< rate * decay_factor^(s / decay_steps), the exponent rounded down */
  THALNET_SCHEDULE_COSINE =
      2 /**< from rate to rate * final_fraction along half a cosine between warmup_steps and total_steps */
};

typedef struct thalnet_optimizer_options {
  size_t struct_size;
  double rate;           /**< not negative */
  double momentum;       /**< SGD, RMSProp: in [0, 1) */
  double beta1;          /**< Adam, AdamW: in [0, 1) */
  double beta2;          /**< Adam, AdamW: in [0, 1) */
  double smoothing;      /**< RMSProp: in [0, 1) */
  double epsilon;        /**< RMSProp, Adam, AdamW: not negative */
  double weight_decay;   /**< not negative */
  double clip_norm;      /**< largest global gradient norm, not negative; INFINITY: no clipping */
  double decay_factor;   /**< THALNET_SCHEDULE_STEP: in (0, 1] */
  double final_fraction; /**< THALNET_SCHEDULE_COSINE: in [0, 1] */
  uint64_t warmup_steps;
  uint64_t decay_steps; /**< THALNET_SCHEDULE_STEP: at least 1 */
  uint64_t total_steps; /**< THALNET_SCHEDULE_COSINE: above warmup_steps */
  int32_t schedule;     /**< THALNET_SCHEDULE_CONSTANT, THALNET_SCHEDULE_STEP or THALNET_SCHEDULE_COSINE */
  int32_t reserved;     /**< 0 */
  double average;       /**< decay of the averages of the weights, in [0, 1); 0: none are kept */
} thalnet_optimizer_options;
#define THALNET_OPTIMIZER_OPTIONS_INIT                                                                                 \
  { sizeof(thalnet_optimizer_options), 1e-3, 0.0, 0.9, 0.999, 0.99, 1e-8, 0.0, 1.0, 0.5, 0.0, 0, 1000, 1000, 0, 0, 0.0 }

/** Creates an optimizer for a center, which it keeps alive.
 * @param kind THALNET_SGD, THALNET_RMSPROP, THALNET_ADAM or THALNET_ADAMW
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (net is not built), THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY
 * @retval THALNET_ERROR_ARGUMENT unknown kind, or an option out of range (the text names it) */
THALNET_API thalnet_status thalnet_optimizer_create(const thalnet_center *net, int32_t kind,
                                                    const thalnet_optimizer_options *options,
                                                    thalnet_optimizer **optimizer_out);

/** Frees; NULL is fine. */
THALNET_API void thalnet_optimizer_free(thalnet_optimizer *optimizer);

/** Updates the parameters and zeroes the gradients, also when it refuses them.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_MISMATCH (an optimizer of another center), THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_STATE no gradient since the last step; or averages are in the place of the weights: the gradients are as
 *         before
 * @retval THALNET_ERROR_NONFINITE the gradient, or a parameter after the update, would not be finite (the text names the
 *         tensor): parameters, moments and the number of steps are as before */
THALNET_API thalnet_status thalnet_step(thalnet_optimizer *optimizer, thalnet_center *net);

/** Exchanges weights and averages: evaluation, thalnet_center_save and all else then see the averaged network; the next call
 * brings the weights back, bit for bit. A tensor that was never updated is its own average; a step that left a tensor alone, for it
 * had no gradient, left its average alone too. The call counts as a write of the center: what is derived from the weights is
 * renewed, and values that the host writes in between are averages. Freeing the optimizer in between leaves the averages in the
 * center for good.
 *
 * While the averages are in, no optimizer steps in that center (THALNET_ERROR_STATE).
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_MISMATCH (an optimizer of another center), THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_STATE the optimizer keeps no averages; or a gradient waits for a step (of which weights would it be?
 *         step, or call thalnet_center_clear_gradients); or the averages of another optimizer are in the center
 * @retval THALNET_ERROR_NONFINITE the average of a weight-norm matrix is all zeros and has no norm: nothing is exchanged */
THALNET_API thalnet_status thalnet_optimizer_swap_averages(thalnet_optimizer *optimizer, thalnet_center *net);

/** 1 while this optimizer's averages are in its center; else, and for a wrong handle, 0. */
THALNET_API int32_t thalnet_optimizer_averages_swapped(const thalnet_optimizer *optimizer);

/** The rate that the next step will use; 0 for a wrong handle. */
THALNET_API double thalnet_optimizer_rate(const thalnet_optimizer *optimizer);
/** Steps done. */
THALNET_API uint64_t thalnet_optimizer_steps(const thalnet_optimizer *optimizer);
/** Global gradient norm that the last step saw, before clipping. */
THALNET_API double thalnet_optimizer_gradient_norm(const thalnet_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
