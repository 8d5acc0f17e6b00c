/* SPDX-License-Identifier: MIT */
/** @file
 * Checks gradients of a network against differences of its loss: for those who write layers of their own (layer.h). */
#ifndef THALNET_GRADIENT_CHECK_H
#define THALNET_GRADIENT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/batch.h>
#include <thalnet/center.h>
#include <thalnet/state.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct thalnet_gradient_check_options {
  size_t struct_size;
  double step;        /**< how far a tensor is moved, as a part of the root mean square of its values (0.1 where that is
                           less); a quarter and four times of it are tried where it tells nothing or
                           a tensor seems wrong. Above 0, at most 1 */
  double tolerance;   /**< relative errors above it do not pass. At least 0.001, at most 1 */
  uint64_t seed;      /**< of the directions */
  int32_t directions; /**< for every tensor; 1..1000 */
  int32_t reserved;   /**< 0 */
} thalnet_gradient_check_options;
#define THALNET_GRADIENT_CHECK_OPTIONS_INIT                                                                            \
  { sizeof(thalnet_gradient_check_options), 0.02, 0.02, 1, 6, 0 }

typedef struct thalnet_gradient_check_result {
  size_t struct_size; /**< set by the caller: sizeof(thalnet_gradient_check_result) */
  int32_t passed;     /**< 1: at least one tensor was compared, and none is wrong */
  int32_t reserved;
  size_t compared;    /**< tensors that were compared */
  size_t unseen;      /**< those whose gradients are too faint to be told from rounding, or zero */
  double worst;       /**< the largest relative error; infinite where a gradient is not finite */
  const char *tensor; /**< that has it, a name as of thalnet_center_tensor_name; NULL: none was compared */
  double loss;        /**< of the batch, as in training: over the outputs, loss weight * loss_sum / weight_sum */
} thalnet_gradient_check_result;
#define THALNET_GRADIENT_CHECK_RESULT_INIT                                                                             \
  { sizeof(thalnet_gradient_check_result), 0, 0, 0, 0, 0, NULL, 0 }

/** Compares the gradients that thalnet_forward_backward gives with central differences of the loss that it minimises, tensor by tensor:
 * all numbers of a tensor are moved at once, each up or down at random, in some directions. A tensor's error is
 *
 *     sqrt(mean over directions of (difference - gradient . direction)^2) / max(|gradient|, what the differences say of it)
 *
 * which estimates |error of the gradient| / |gradient|. Dropout and zoneout are those of the batch's seed, epoch and ids: the loss
 * is that of the same masks in every evaluation. Input dropout, lengths, resets, settle steps, all of it counts as in training.
 *
 * What it sees: missing terms and paths, wrong signs, matrices transposed, gradients in each other's place, wrong by a few percent of
 * the tensor's gradient. What it cannot see: less than the tolerance, such as a factor of 1.01 (numbers are single precision, the
 * best differences good for about a percent); what the batch does not touch; tensors whose gradients are so small
 * beside the loss that rounding hides them, which count as unseen, not as passed. Small networks, some dozens of sequences of few
 * frames and labels at all frames make for clear results. It computes 4 to 12 times directions * tensors forward passes.
 *
 * A disagreement is no error of this call: it is THALNET_OK with passed 0. Parameters, state and gradients are as before, in
 * all bits, also after an error; the batch keeps its contents but has no results.
 * @param batch  created for_backward, with labels or targets
 * @param state  memory at the start, only read; NULL: every sequence starts anew
 * @param errors [thalnet_center_tensor_count] relative errors by tensor, -1 where it was not compared (unseen or frozen); NULL and
 *               error_count 0: not wanted
 * @param[in,out] result struct_size set by the caller
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_MISMATCH, THALNET_ERROR_SIZE, THALNET_ERROR_DATA,
 *         THALNET_ERROR_NONFINITE, THALNET_ERROR_HOST, THALNET_ERROR_MEMORY, THALNET_ERROR_OVERFLOW as
 *         thalnet_forward_backward; it is a call that writes the center
 * @retval THALNET_ERROR_STATE as that, or a gradient waits for a step in the center; or the batch has no sequences
 * @retval THALNET_ERROR_ARGUMENT an option is outside its range, or result is NULL; THALNET_ERROR_VERSION */
THALNET_API thalnet_status thalnet_gradient_check(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state,
                                                  const thalnet_gradient_check_options *options, double *errors,
                                                  size_t error_count, thalnet_gradient_check_result *result);

#ifdef __cplusplus
}
#endif
#endif
