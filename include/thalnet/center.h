/* SPDX-License-Identifier: MIT */
/** @file
 * The routing center: inputs and outputs are declared on it, modules are born in it; once built it owns all parameters and
 * is the network, and its shape never changes again.
 *
 * Threads: while a center is under construction, or written (step, write, backward), one thread at a time. Otherwise any
 * number of threads may use it through const pointers. */
#ifndef THALNET_CENTER_H
#define THALNET_CENTER_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/host.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The network. */
typedef struct thalnet_center thalnet_center;
/** An ordered stack of layers, connected to inputs and outputs of its center; see module.h. */
typedef struct thalnet_module thalnet_module;

/** Bounds on every number that describes a network; larger ones are THALNET_ERROR_LIMIT. */
#define THALNET_SIZE_LIMIT 16777216 /**< units, features, context, input and output sizes: at most 2^24 */
#define THALNET_COUNT_LIMIT 4096    /**< modules; layers of a module; inputs; outputs */
#define THALNET_STEPS_LIMIT 1024    /**< steps per frame, settle steps */
#define THALNET_NAME_LIMIT 63       /**< characters of a name: a-z, 0-9 and _ */

typedef struct thalnet_center_options {
  size_t struct_size;
  const thalnet_memory *memory;     /**< NULL: malloc and free */
  const thalnet_executor *executor; /**< NULL: the built-in threads */
  int32_t threads;                  /**< threads of a computing call: small networks deal chunks of sequences to them,
                                         large ones parts of every layer; 1..1024 */
  int32_t device;                   /**< 0: the CPU; others are THALNET_ERROR_UNSUPPORTED so far */
  int32_t device_index;             /**< 0 */
  int32_t chunk_sequences; /**< sequences computed together by one thread; 0: chosen from the shapes. Other values
                                         make chunks in large networks too, with a copy of the gradients for each
                                         thread. Results depend on it in the last bits, never on the number of threads */
  int32_t settle_steps;    /**< steps without input after a sequence's last frame before its final output is
                                         taken, on a copy of the memory; 0..THALNET_STEPS_LIMIT */
  int32_t learned_start;   /**< 1: sequences start at a center, hidden states and cells that are learned: the tensors
                                         "center.start" [P] and, where layers have memory beside the center,
                                         "center.own_start" [thalnet_center_size.state_values - P], zeros at first.
                                         0: at zero, as in the paper. See state.h for rows of states */
  int32_t in_order; /**< 1: modules take every step one after the other, in the order of their numbers, and a reader
                                         sees what the modules before its own have written in the same step: what enters the
                                         first one reaches the last one at once. 0: all read the center of the step before,
                                         as in the paper, so that information needs one step from module to module, and the
                                         products of a step are fewer and larger */
  int32_t reserved; /**< 0 */
} thalnet_center_options;
#define THALNET_CENTER_OPTIONS_INIT                                                                                    \
  { sizeof(thalnet_center_options), NULL, NULL, 1, 0, 0, 0, 0, 0, 0, 0 }

typedef struct thalnet_input_options {
  size_t struct_size;
  int32_t tokens; /**< 1: every frame is one token 0..size-1 (counts as size columns, costs one); 0: size values */
  int32_t steps_per_frame; /**< each frame is present during this many steps; 1..THALNET_STEPS_LIMIT */
} thalnet_input_options;
#define THALNET_INPUT_OPTIONS_INIT                                                                                     \
  { sizeof(thalnet_input_options), 0, 1 }

/** Losses of an output. */
enum {
  THALNET_CROSS_ENTROPY = 0,      /**< softmax cross-entropy of logits against a label 0..size-1, in nats */
  THALNET_MEAN_SQUARED_ERROR = 1, /**< mean over the output's values of (output - target)^2 */
  THALNET_HOST_LOSS = 2           /**< none: the host writes the output's gradient */
};

typedef struct thalnet_output_options {
  size_t struct_size;
  float weight;            /**< the loss is multiplied by this; finite, not negative */
  int32_t steps_per_frame; /**< the output of a frame is taken at the last of this many steps; 1..THALNET_STEPS_LIMIT */
} thalnet_output_options;
#define THALNET_OUTPUT_OPTIONS_INIT                                                                                    \
  { sizeof(thalnet_output_options), 1.0f, 1 }

typedef struct thalnet_module_options {
  size_t struct_size;
} thalnet_module_options;
#define THALNET_MODULE_OPTIONS_INIT                                                                                    \
  { sizeof(thalnet_module_options) }

/** What a network weighs; see thalnet_center_measure. */
typedef struct thalnet_center_size {
  size_t struct_size;       /**< set by the caller: sizeof(thalnet_center_size) */
  uint64_t parameters;      /**< trainable numbers */
  uint64_t parameter_bytes; /**< of them, with the forms prepared for computing */
  uint64_t gradient_bytes;  /**< once a batch for training exists */
  uint64_t state_values;    /**< numbers of memory a running sequence has */
  uint64_t step_operations; /**< multiplications and additions of one step of one sequence, forward */
} thalnet_center_size;
#define THALNET_CENTER_SIZE_INIT                                                                                       \
  { sizeof(thalnet_center_size), 0, 0, 0, 0, 0 }

/* --- building -------------------------------------------------------------------------------------------------------- */

/** Starts a network. Free it with thalnet_center_free.
 * @param options   copied; NULL: defaults
 * @param[out] net_out the center, NULL on error
 * @retval THALNET_ERROR_ARGUMENT net_out is NULL, or an option is outside its range
 * @retval THALNET_ERROR_VERSION  options, its memory or executor has an unknown struct_size or non-zero unknown fields
 * @retval THALNET_ERROR_LIMIT    an option is above its limit
 * @retval THALNET_ERROR_UNSUPPORTED device is not 0
 * @retval THALNET_ERROR_MEMORY   no memory */
THALNET_API thalnet_status thalnet_center_create(const thalnet_center_options *options, thalnet_center **net_out);

/** Declares an input of `size` values a frame, or of tokens 0..size-1.
 * @param name unique among inputs; 1..63 of a-z, 0-9, _
 * @param[out] input_out its number (0, 1, ... in the order of declaration); may be NULL
 * @retval THALNET_ERROR_HANDLE net is not a center
 * @retval THALNET_ERROR_STATE  the center is built
 * @retval THALNET_ERROR_DATA   the name is malformed or taken
 * @retval THALNET_ERROR_ARGUMENT, THALNET_ERROR_LIMIT, THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY
 *
 * The first failing call that describes a center (add_, connect_, those of edit.h, ...) is remembered, and thalnet_center_build
 * reports it again: a program may check build alone. */
THALNET_API thalnet_status thalnet_center_add_input(thalnet_center *net, const char *name, size_t size,
                                                    const thalnet_input_options *options, int32_t *input_out);

/** Declares an output of `size` values. Parameters: a bias [size] here, and a matrix [size, features] for every module
 * that is connected to it.
 * @param loss one of THALNET_CROSS_ENTROPY, THALNET_MEAN_SQUARED_ERROR, THALNET_HOST_LOSS
 * @retval as thalnet_center_add_input */
THALNET_API thalnet_status thalnet_center_add_output(thalnet_center *net, const char *name, size_t size, int32_t loss,
                                                     const thalnet_output_options *options, int32_t *output_out);

/** Adds a module without layers; see module.h.
 * @param name unique among modules, or NULL for "module0", "module1", ... by number; where modules were removed (edit.h) the next
 *             number whose name nobody has or had
 * @param[out] module_out owned by the center, valid until the center is freed; NULL on error
 * @retval as thalnet_center_add_input, and THALNET_ERROR_ARGUMENT when module_out is NULL */
THALNET_API thalnet_status thalnet_center_add_module(thalnet_center *net, const char *name,
                                                     const thalnet_module_options *options,
                                                     thalnet_module **module_out);

/** Lays out and initialises all parameters. The same network, seed and library give the same bits; every tensor's values
 * depend on its name, the seed and what it is part of alone: the kind and sizes of a layer, reader or output, and a layer's gate_bias
 * or time_scale (thalnet/module.h), or a reader's gain (thalnet/reader.h).
 * @retval THALNET_ERROR_STATE  already built; or the network is incomplete: no module, a module without layers, with neither
 *         input nor reader, or an input, output that nobody is connected to; or a single module whose reader has skip_own,
 *         and nothing to read
 * @retval THALNET_ERROR_LIMIT  the frames of the inputs and outputs have no common multiple within THALNET_STEPS_LIMIT steps;
 *         or all features, all contexts, or one module's inputs and context together are more than THALNET_SIZE_LIMIT; or the
 *         context of a softmax reader times the features that it reads is above 2^31 - 1
 * @retval THALNET_ERROR_OVERFLOW, THALNET_ERROR_MEMORY
 * @retval others the first failing call since create, again */
THALNET_API thalnet_status thalnet_center_build(thalnet_center *net, uint64_t seed);

/** Frees the center once no batch, state or optimizer needs it any more; NULL is fine. */
THALNET_API void thalnet_center_free(thalnet_center *net);

/* --- asking ---------------------------------------------------------------------------------------------------------- */
/* Numbers out of range, NULL names and wrong handles give -1, 0 or NULL, as the return type has it; these calls leave
 * thalnet_error_text() alone. */

THALNET_API int32_t thalnet_center_is_built(const thalnet_center *net);
THALNET_API int32_t thalnet_center_input_count(const thalnet_center *net);
THALNET_API int32_t thalnet_center_output_count(const thalnet_center *net);
THALNET_API int32_t thalnet_center_module_count(const thalnet_center *net);
/** The number of the input of that name, or -1. */
THALNET_API int32_t thalnet_center_find_input(const thalnet_center *net, const char *name);
THALNET_API int32_t thalnet_center_find_output(const thalnet_center *net, const char *name);
THALNET_API int32_t thalnet_center_find_module(const thalnet_center *net, const char *name);
/** Names are valid as long as the center. */
THALNET_API const char *thalnet_center_input_name(const thalnet_center *net, int32_t input);
THALNET_API const char *thalnet_center_output_name(const thalnet_center *net, int32_t output);
THALNET_API const char *thalnet_center_module_name(const thalnet_center *net, int32_t module);
/** Values a frame, or number of different tokens. */
THALNET_API size_t thalnet_center_input_size(const thalnet_center *net, int32_t input);
THALNET_API size_t thalnet_center_output_size(const thalnet_center *net, int32_t output);
/** 1 for a token input, 0 for a dense one. */
THALNET_API int32_t thalnet_center_input_is_tokens(const thalnet_center *net, int32_t input);
THALNET_API int32_t thalnet_center_input_steps_per_frame(const thalnet_center *net, int32_t input);
THALNET_API int32_t thalnet_center_output_steps_per_frame(const thalnet_center *net, int32_t output);
/** THALNET_CROSS_ENTROPY and so on. */
THALNET_API int32_t thalnet_center_output_loss(const thalnet_center *net, int32_t output);
/** Steps that one frame of a batch lasts: the least common multiple of all steps_per_frame. Built centers only. */
THALNET_API int32_t thalnet_center_steps_per_frame(const thalnet_center *net);
/** An input's own frames within one frame of a batch: steps of a batch's frame / the input's steps per frame. It is 1
 * wherever all inputs and outputs have the same steps_per_frame. Built centers only. */
THALNET_API int32_t thalnet_center_input_frames(const thalnet_center *net, int32_t input);
THALNET_API int32_t thalnet_center_output_frames(const thalnet_center *net, int32_t output);
THALNET_API int32_t thalnet_center_settle_steps(const thalnet_center *net);
/** 1 where sequences start at a learned center (thalnet_center_options.learned_start), else 0. */
THALNET_API int32_t thalnet_center_learned_start(const thalnet_center *net);
/** 1 where modules take a step one after the other (thalnet_center_options.in_order), else 0. */
THALNET_API int32_t thalnet_center_in_order(const thalnet_center *net);
/** Size of the whole center, P: the sum of the modules' features. */
THALNET_API size_t thalnet_center_features(const thalnet_center *net);
/** Where in the center a module's features start, and how many they are. */
THALNET_API size_t thalnet_center_module_offset(const thalnet_center *net, int32_t module);
THALNET_API size_t thalnet_center_module_features(const thalnet_center *net, int32_t module);
/** Size of a module's context; 0 without reader. */
THALNET_API size_t thalnet_center_module_context(const thalnet_center *net, int32_t module);

/** Tells sizes before anything large is allocated; also for a center that is not built yet.
 * @param[in,out] size struct_size set by the caller
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_VERSION
 * @retval THALNET_ERROR_STATE the network is incomplete
 * @retval THALNET_ERROR_MEMORY; and of a draft the first failing call since create, again
 * @retval THALNET_ERROR_LIMIT    as thalnet_center_build
 * @retval THALNET_ERROR_OVERFLOW a number does not fit */
THALNET_API thalnet_status thalnet_center_measure(const thalnet_center *net, thalnet_center_size *size);

/* --- parameters ------------------------------------------------------------------------------------------------------ */
/* Tensors are named and shaped as in the model file (docs/format.md), such as "modules.0.layers.1.weight_ih" [3 n, in]. */

/** Number of tensors of a built center, else 0. */
THALNET_API size_t thalnet_center_tensor_count(const thalnet_center *net);
/** Name of a tensor, in the order in which they are laid out; NULL out of range. */
THALNET_API const char *thalnet_center_tensor_name(const thalnet_center *net, size_t tensor);
/** Rank of a tensor (1..3) and its dimensions (the rest 1); 0 when there is no tensor of that name. */
THALNET_API int32_t thalnet_center_tensor_shape(const thalnet_center *net, const char *tensor, size_t dimensions[3]);
/** Number of trainable numbers of a built center, else 0. */
THALNET_API size_t thalnet_center_parameter_count(const thalnet_center *net);

/** Copies a tensor, or with tensor NULL all of them in order, to `values`.
 * @param count the tensor's element count, or thalnet_center_parameter_count
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (not built), THALNET_ERROR_ARGUMENT
 * @retval THALNET_ERROR_DATA no tensor of that name
 * @retval THALNET_ERROR_SIZE count is not the tensor's */
THALNET_API thalnet_status thalnet_center_read(const thalnet_center *net, const char *tensor, float *values,
                                               size_t count);

/** Replaces a tensor, or with tensor NULL all of them; what is derived from the parameters is renewed before it returns.
 * @retval as thalnet_center_read
 * @retval THALNET_ERROR_NONFINITE a value is not finite, or a weight-norm matrix would be all zeros; nothing is changed
 * @retval THALNET_ERROR_BUSY the center is being trained or written */
THALNET_API thalnet_status thalnet_center_write(thalnet_center *net, const char *tensor, const float *values,
                                                size_t count);

/** Copies the gradient of a tensor, or of all. Gradients are sums over the backward calls since the last step.
 * @retval as thalnet_center_read, and THALNET_ERROR_STATE when there has been no batch for training */
THALNET_API thalnet_status thalnet_center_read_gradient(const thalnet_center *net, const char *tensor, float *values,
                                                        size_t count);

/** Replaces the gradient of a tensor, or of all; for hosts that add gradients up over machines. The tensors written count as
 * having a gradient, and thalnet_step updates them.
 * @retval as thalnet_center_read_gradient, and THALNET_ERROR_BUSY. Values are checked by thalnet_step */
THALNET_API thalnet_status thalnet_center_write_gradient(thalnet_center *net, const char *tensor, const float *values,
                                                         size_t count);

/** Sets all gradients to zero; thalnet_step does so by itself.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_STATE there are no gradients */
THALNET_API thalnet_status thalnet_center_clear_gradients(thalnet_center *net);

/** Lends the whole parameter block for writing, in the order of the tensors. Until thalnet_center_end_write every other
 * call that computes with or writes this center is THALNET_ERROR_BUSY.
 * @param[out] values_out borrowed until end_write; NULL on error
 * @param[out] count_out  number of parameters
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_BUSY */
THALNET_API thalnet_status thalnet_center_begin_write(thalnet_center *net, float **values_out, size_t *count_out);

/** Takes the block back and renews what is derived from it.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (no begin_write before)
 * @retval THALNET_ERROR_NONFINITE as thalnet_center_write: the block stays lent, so that it can be mended */
THALNET_API thalnet_status thalnet_center_end_write(thalnet_center *net);

#ifdef __cplusplus
}
#endif
#endif
