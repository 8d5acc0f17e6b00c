/* SPDX-License-Identifier: MIT */
/** @file
 * Batches: sequences for training or evaluation, and the calls that compute them.
 *
 * Everything counts frames. A batch of S sequences and K frames holds, for an input of `size` values,
 * [S][K * thalnet_center_input_frames][size] numbers (the factor is 1 unless inputs run at different rates); for a token
 * input one int32_t in place of `size` floats; for an output likewise with thalnet_center_output_frames. Lengths and resets
 * count the batch's own K frames. Arrays are dense at the shape given to thalnet_batch_begin and copied.
 *
 * The order after begin is free: set what is there, compute, read. Of one output either all frames or the final values are
 * meant; the last call that says so counts, and goals of the other kind are forgotten. Setting contents makes earlier results
 * stale: they cannot be read any more. An input that is not set is absent: its product is
 * skipped. An output without labels has no loss.
 *
 * The loss of an output is the weighted mean over its labels in the batch, times its loss weight.
 *
 * Threads: one at a time per batch; a second caller gets THALNET_ERROR_BUSY. */
#ifndef THALNET_BATCH_H
#define THALNET_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/state.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sequences for training or evaluation. */
typedef struct thalnet_batch thalnet_batch;

typedef struct thalnet_batch_options {
  size_t struct_size;
  int32_t for_backward;    /**< 1: for training; thalnet_forward then keeps what thalnet_backward needs */
  int32_t input_gradients; /**< 1: backward also computes the gradients of the dense inputs */
  int32_t state_gradients; /**< 1: backward also computes the gradient of the state at the start */
  int32_t reserved;        /**< 0 */
  uint64_t seed;           /**< of the random numbers (dropout, zoneout) */
} thalnet_batch_options;
#define THALNET_BATCH_OPTIONS_INIT                                                                                     \
  { sizeof(thalnet_batch_options), 1, 0, 0, 0, 0 }

/** What a batch weighs; see thalnet_batch_measure_memory. */
typedef struct thalnet_batch_size {
  size_t struct_size;      /**< set by the caller: sizeof(thalnet_batch_size) */
  uint64_t bytes;          /**< with thalnet_forward_backward, or thalnet_forward of a batch that is not for backward */
  uint64_t two_call_bytes; /**< with thalnet_forward and thalnet_backward, which keep the activations of all chunks, and
                                with gradients of the host */
  uint64_t dropout_bytes;  /**< as `bytes`, with all rates of thalnet_batch_set_dropout; less where some are 0 */
  uint64_t every_step_bytes; /**< the same with its every_step */
} thalnet_batch_size;
#define THALNET_BATCH_SIZE_INIT                                                                                        \
  { sizeof(thalnet_batch_size), 0, 0, 0, 0 }

/** Dropout within the network, see thalnet_batch_set_dropout. Rates are in [0, 1); 0: none. */
typedef struct thalnet_dropout_options {
  size_t struct_size;
  float contexts;     /**< of each value of a module's context */
  float features;     /**< of each feature, as readers and outputs see it */
  float modules;      /**< of all features of a module together, as readers and outputs see them */
  int32_t every_step; /**< 1: drawn again for every step; 0: once for all steps of a sequence */
} thalnet_dropout_options;
#define THALNET_DROPOUT_OPTIONS_INIT                                                                                   \
  { sizeof(thalnet_dropout_options), 0, 0, 0, 0 }

/** What the labels of an output say about the last forward; see thalnet_batch_measure. */
typedef struct thalnet_measure {
  size_t struct_size; /**< set by the caller: sizeof(thalnet_measure) */
  double loss_sum;    /**< sum of weight * loss over the labels, in nats for cross-entropy */
  double weight_sum;  /**< sum of the labels' weights; the mean loss is loss_sum / weight_sum */
  uint64_t labels;    /**< number of labels or targets with a weight above 0 */
  uint64_t correct;   /**< of them, where the largest logit is the label's; 0 for targets */
} thalnet_measure;
#define THALNET_MEASURE_INIT                                                                                           \
  { sizeof(thalnet_measure), 0, 0, 0, 0 }

/** Creates a batch of up to sequences_max sequences of up to frames_max frames; keeps net alive. The memory for
 * computing is taken when a shape is first computed, and kept.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (net is not built), THALNET_ERROR_ARGUMENT (a size is 0, batch_out NULL)
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_OVERFLOW, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_batch_create(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                                const thalnet_batch_options *options, thalnet_batch **batch_out);

/** Tells what a batch takes in all, once full batches have been computed with resets in `reset_frames` of their frames.
 * In a large network one buffer of the parameters' size is among it, taken only when a batch's gradients are added to others.
 * @param[in,out] size its struct_size set by the caller
 * @retval as thalnet_batch_create */
THALNET_API thalnet_status thalnet_batch_measure_memory(const thalnet_center *net, size_t sequences_max,
                                                        size_t frames_max, const thalnet_batch_options *options,
                                                        size_t reset_frames, thalnet_batch_size *size);

/** Frees; NULL is fine. */
THALNET_API void thalnet_batch_free(thalnet_batch *batch);

/** Starts new contents of that shape and forgets the old ones: inputs, lengths, resets, ids, labels, weights. Loss weights,
 * label smoothing, epoch and dropout stay. 0 sequences are fine: every call then does nothing.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_SIZE sequences or frames is above the batch's maximum */
THALNET_API thalnet_status thalnet_batch_begin(thalnet_batch *batch, size_t sequences, size_t frames);

/** Its present shape; 0 before thalnet_batch_begin, and for a wrong handle. */
THALNET_API size_t thalnet_batch_sequences(const thalnet_batch *batch);
THALNET_API size_t thalnet_batch_frames(const thalnet_batch *batch);

/* --- contents -------------------------------------------------------------------------------------------------------- */
/* All set_ calls: THALNET_ERROR_HANDLE; THALNET_ERROR_BUSY; THALNET_ERROR_STATE before begin; THALNET_ERROR_ARGUMENT for an
 * input, output that does not exist or is of another kind, or values NULL; THALNET_ERROR_SIZE for a count that is not the
 * shape's. After an error the batch is as before. */

/** Sets a dense input: [sequence][frame][value]. Frames beyond a sequence's length are never looked at. */
THALNET_API thalnet_status thalnet_batch_set_inputs(thalnet_batch *batch, int32_t input, const float *values,
                                                    size_t count);

/** Sets a token input: [sequence][frame].
 * @retval THALNET_ERROR_DATA a token is not in 0..size-1; -1 is fine and means none */
THALNET_API thalnet_status thalnet_batch_set_tokens(thalnet_batch *batch, int32_t input, const int32_t *tokens,
                                                    size_t count);

/** Sets the sequences' lengths in frames; unset: all have all frames. A row's state is the one after its last frame, and
 * length 0 leaves it alone.
 * @retval THALNET_ERROR_DATA a length is negative or above the batch's frames */
THALNET_API thalnet_status thalnet_batch_set_lengths(thalnet_batch *batch, const int32_t *lengths, size_t count);

/** Where 1, the sequence starts anew before that frame, from zero or the learned start, and no gradient crosses:
 * [sequence][frame].
 * @retval THALNET_ERROR_DATA a value is neither 0 nor 1 */
THALNET_API thalnet_status thalnet_batch_set_resets(thalnet_batch *batch, const uint8_t *resets, size_t count);

/** Names the sequences for the random numbers; unset: 0, 1, 2, ... The same id, epoch and seed give the same dropout
 * and zoneout, wherever the sequence stands in whichever batch. */
THALNET_API thalnet_status thalnet_batch_set_ids(thalnet_batch *batch, const uint64_t *ids, size_t count);

/** Another epoch gives other random numbers; stays until set again. May be called before begin. */
THALNET_API thalnet_status thalnet_batch_set_epoch(thalnet_batch *batch, uint64_t epoch);

/* Dropout: only thalnet_forward_backward has it. What is dropped is zero with probability `rate`, else divided by 1 - rate. All
 * these calls may come before begin, and stay until set again. Random numbers follow from seed, epoch and a sequence's id: give
 * it another id or epoch for other ones. Truncated windows of a sequence with the same id and epoch so have the same masks in
 * every window where masks are drawn once; where they are drawn again for every frame or step, windows repeat each other's, and
 * each should have an epoch (or ids) of its own. A reset draws nothing anew: the row goes on with its id. */

/** Input dropout, drawn for every frame: each value of a dense input is dropped by itself; a token whole. Takes the place
 * of thalnet_batch_set_variational_input_dropout; 0: none.
 * @retval THALNET_ERROR_ARGUMENT rate is not in [0, 1), or there is no such input */
THALNET_API thalnet_status thalnet_batch_set_input_dropout(thalnet_batch *batch, int32_t input, float rate);

/** Input dropout, drawn once for all frames of a sequence (Gal and Ghahramani, A Theoretically Grounded Application of
 * Dropout in Recurrent Neural Networks, NIPS 2016, arXiv 1512.05287, section 4): the same values of a dense input are
 * dropped in all frames; of a token input kinds of tokens are, each wherever it occurs in the sequence (its "dropping word
 * types", section 4.2). Takes the place of thalnet_batch_set_input_dropout; 0: none.
 * @retval THALNET_ERROR_ARGUMENT rate is not in [0, 1), or there is no such input */
THALNET_API thalnet_status thalnet_batch_set_variational_input_dropout(thalnet_batch *batch, int32_t input, float rate);

/** Dropout within the network, drawn once for all steps of a sequence, settle steps too (Gal and Ghahramani, NIPS 2016),
 * or for every step; NULL: none. Contexts are dropped where a module takes them in. Features, one by one and by whole modules
 * (ours: the others must do without that module), are dropped as they are seen: one mask of the center for all readers and
 * outputs. What a module remembers is never dropped, neither its hidden state nor the own features that a dynamic reader
 * makes its weights of. Where features and modules are dropped together, the factors multiply. Nothing keeps a sequence
 * from losing all modules: readers then see zeros, and outputs are their biases.
 * The memory for it is taken when a batch is next computed; see thalnet_batch_size.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_VERSION
 * @retval THALNET_ERROR_ARGUMENT a rate is not in [0, 1), or every_step neither 0 nor 1 */
THALNET_API thalnet_status thalnet_batch_set_dropout(thalnet_batch *batch, const thalnet_dropout_options *options);

/** Labels of a cross-entropy output at every frame: [sequence][frame]; -1: none.
 * @retval THALNET_ERROR_DATA a label is not in -1..size-1; a label beyond a sequence's length is reported by the call
 *         that computes */
THALNET_API thalnet_status thalnet_batch_set_labels(thalnet_batch *batch, int32_t output, const int32_t *labels,
                                                    size_t count);

/** One label a sequence: [sequence]; -1: none. It belongs to the output after the sequence's last frame and the settle
 * steps. The output is then computed there only; see thalnet_batch_read_final_output. */
THALNET_API thalnet_status thalnet_batch_set_final_labels(thalnet_batch *batch, int32_t output, const int32_t *labels,
                                                          size_t count);

/** Targets of a mean-squared-error output at every frame: [sequence][frame][value]; give weights of 0 where there is none.
 * Frames beyond a sequence's length are never looked at. */
THALNET_API thalnet_status thalnet_batch_set_targets(thalnet_batch *batch, int32_t output, const float *targets,
                                                     size_t count);

/** One target a sequence: [sequence][value]; as thalnet_batch_set_final_labels. */
THALNET_API thalnet_status thalnet_batch_set_final_targets(thalnet_batch *batch, int32_t output, const float *targets,
                                                           size_t count);

/** Of this output only the values after the last frame and the settle steps are wanted; for host losses and inference.
 * Final labels and targets imply it. */
THALNET_API thalnet_status thalnet_batch_set_final(thalnet_batch *batch, int32_t output);

/** Weights of the labels or targets, as many as there are: [sequence][frame], or [sequence] for final ones.
 * @retval THALNET_ERROR_DATA a weight is negative or not finite */
THALNET_API thalnet_status thalnet_batch_set_weights(thalnet_batch *batch, int32_t output, const float *weights,
                                                     size_t count);

/** Replaces the output's loss weight (thalnet_output_options.weight) for this batch object.
 * @retval THALNET_ERROR_ARGUMENT weight is negative or not finite */
THALNET_API thalnet_status thalnet_batch_set_loss_weight(thalnet_batch *batch, int32_t output, float weight);

/** Smooths the labels of a cross-entropy output (Szegedy et al. 2016, arXiv 1512.00567, section 7): the loss is the cross
 * entropy with the target (1 - smoothing) one-hot + smoothing / size, in every computing call of this batch object and in what
 * it measures; hits are counted as before. Stays until set again; 0, the default: plain labels. May be called before begin.
 * Batches for evaluation leave it at 0, so that their losses are plain ones.
 * @retval THALNET_ERROR_ARGUMENT smoothing is not in [0, 1), or the output has another loss */
THALNET_API thalnet_status thalnet_batch_set_label_smoothing(thalnet_batch *batch, int32_t output, float smoothing);

/* --- computing ------------------------------------------------------------------------------------------------------- */

/** Computes outputs and measures, without dropout and with the expectation of zoneout (thalnet/module.h). Reads state's first
 * `sequences` rows as the memory at the start (NULL: every sequence starts anew, from zero or from the learned start) and
 * writes them on success. The state is written only if every loss and every value of the new memory is finite.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (no begin, or weights whose count does not fit the labels)
 * @retval THALNET_ERROR_MISMATCH batch or state belongs to another center
 * @retval THALNET_ERROR_SIZE state has fewer rows than the batch sequences
 * @retval THALNET_ERROR_DATA a label beyond a sequence's length
 * @retval THALNET_ERROR_BUSY batch, state or net is in use
 * @retval THALNET_ERROR_NONFINITE a loss, or with a state a value of the memory, is not finite; outputs and measures can be
 *         read, the state is as before
 * @retval THALNET_ERROR_HOST a layer of the host failed (thalnet/layer.h): there are no results, the state is as before
 * @retval THALNET_ERROR_OVERFLOW, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_forward(const thalnet_center *net, thalnet_batch *batch, thalnet_state *state);

/** After thalnet_forward with a batch for backward: adds the gradients of all losses, and of what the host wrote by
 * thalnet_batch_write_output_gradient, to the center's. Once per forward.
 * @retval as thalnet_forward; THALNET_ERROR_STATE without thalnet_forward before, or when neither a label nor a written
 *         gradient is there; or when the center was written in between; THALNET_ERROR_HOST: the gradients are as before, and
 *         thalnet_forward comes first again */
THALNET_API thalnet_status thalnet_backward(thalnet_center *net, thalnet_batch *batch);

/** The training call: forward, losses and backward, chunk by chunk, so that only as many chunks of activations exist as
 * threads (in large networks one, which they share). Adds to the gradients; with dropout and zoneout. Otherwise as thalnet_forward and
 * thalnet_backward.
 * @retval as both; THALNET_ERROR_STATE when no output has labels or the batch is not for backward; THALNET_ERROR_NONFINITE,
 *         THALNET_ERROR_HOST: the gradients are as before too */
THALNET_API thalnet_status thalnet_forward_backward(thalnet_center *net, thalnet_batch *batch, thalnet_state *state);

/* --- results --------------------------------------------------------------------------------------------------------- */
/* All: THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE, THALNET_ERROR_BUSY, and THALNET_ERROR_STATE before a
 * computing call. */

/** Losses and hits of an output. @param[in,out] measure struct_size set by the caller
 * @retval THALNET_ERROR_VERSION unknown struct_size */
THALNET_API thalnet_status thalnet_batch_measure(const thalnet_batch *batch, int32_t output, thalnet_measure *measure);

/** The sum of weight * loss of each sequence: [sequence]. */
THALNET_API thalnet_status thalnet_batch_read_losses(const thalnet_batch *batch, int32_t output, double *losses,
                                                     size_t count);

/** Copies an output: [sequence][frame][value], logits or plain values; 0 beyond a sequence's length.
 * @retval THALNET_ERROR_STATE only its final values were wanted */
THALNET_API thalnet_status thalnet_batch_read_output(const thalnet_batch *batch, int32_t output, float *values,
                                                     size_t count);

/** Copies an output after each sequence's last frame and the settle steps: [sequence][value]. A sequence of length 0 settles
 * from the memory at its start.
 * @retval THALNET_ERROR_STATE final values were not wanted: call thalnet_batch_set_final before computing */
THALNET_API thalnet_status thalnet_batch_read_final_output(const thalnet_batch *batch, int32_t output, float *values,
                                                           size_t count);

/** Between thalnet_forward and thalnet_backward: sets the host's gradient of an output, which is added to the loss's and
 * taken as it is: [sequence][frame][value]. Frames beyond a sequence's length must be 0 (THALNET_ERROR_DATA).
 * @retval THALNET_ERROR_MEMORY the first time only */
THALNET_API thalnet_status thalnet_batch_write_output_gradient(thalnet_batch *batch, int32_t output,
                                                               const float *values, size_t count);

/** The same for final values: [sequence][value].
 * @retval THALNET_ERROR_MEMORY the first time only */
THALNET_API thalnet_status thalnet_batch_write_final_output_gradient(thalnet_batch *batch, int32_t output,
                                                                     const float *values, size_t count);

/** Copies the gradient of a dense input: [sequence][frame][value].
 * @retval THALNET_ERROR_STATE no backward yet, the batch was created without input_gradients, or the input was not set */
THALNET_API thalnet_status thalnet_batch_read_input_gradient(const thalnet_batch *batch, int32_t input, float *values,
                                                             size_t count);

/** Copies the gradient of the memory at the start: [sequence][value], thalnet_state_values values each. Of a sequence that
 * begins at the learned start it is what that adds to the start's gradient.
 * @retval THALNET_ERROR_STATE no backward yet, or the batch was created without state_gradients */
THALNET_API thalnet_status thalnet_batch_read_state_gradient(const thalnet_batch *batch, float *values, size_t count);

/** Turns logits into probabilities, in place. @retval THALNET_ERROR_ARGUMENT values is NULL or count 0 */
THALNET_API thalnet_status thalnet_softmax(float *values, size_t count);

#ifdef __cplusplus
}
#endif
#endif
