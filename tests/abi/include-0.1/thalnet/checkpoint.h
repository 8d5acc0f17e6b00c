/* SPDX-License-Identifier: MIT */
/** @file
 * Checkpoints: everything that a training needs to go on as if it had never stopped, in one file. It is a model file
 * (thalnet/file.h) with more in it: thalnet_center_load opens it as the network that it holds.
 *
 *     thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
 *     const thalnet_checkpoint_pair position[] = {{"epoch", "12"}, {"best", "0.0415"}};
 *     contents.net = net;
 *     contents.optimizer = optimizer;
 *     contents.states = &state;
 *     contents.state_count = 1;
 *     contents.pairs = position;
 *     contents.pair_count = 2;
 *     thalnet_checkpoint_save("run.ckpt", &contents, NULL);
 *
 * and in the next process, with a network, an optimizer and a state made as before:
 *
 *     thalnet_checkpoint_load("run.ckpt", &contents, NULL, &checkpoint);
 *     epoch = atoi(thalnet_checkpoint_find(checkpoint, "epoch"));
 *
 * In the file: parameters, moments, averages and whether they are swapped in, every tensor's own number of updates, steps done,
 * the memory of states and which of their rows start anew, the host's pairs, and the library's version and build. Not in the file: gradients; rate, schedule,
 * clipping, weight decay, epsilon and all other settings, which are those of the host's objects; the position in the
 * data, seeds and epochs, which are the host's own: it keeps them as pairs.
 *
 * Training goes on bit for bit on the same machine with the same build of the library (thalnet_checkpoint_same_build), where the
 * host repeats its settings, chunk size, seeds, epochs and batches. On another machine it goes on just as well, but maybe with
 * other last bits: the library, the BLAS and the C library choose their kernels for the CPU when they run.
 *
 * Loading a file from an untrusted source is in scope, as for model files.
 *
 * Threads: saving is a use of the center as thalnet_center_save is, loading one as thalnet_center_write; optimizer and states are
 * busy meanwhile (THALNET_ERROR_BUSY). */
#ifndef THALNET_CHECKPOINT_H
#define THALNET_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/host.h>
#include <thalnet/optimizer.h>
#include <thalnet/state.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a loaded checkpoint says beside numbers: the host's pairs, and who wrote it. */
typedef struct thalnet_checkpoint thalnet_checkpoint;

/** A note of the host. The key: 1 to 63 characters of a-z, 0-9, _ and . (in the file `host.` stands before it); the value: any
 * UTF-8. */
typedef struct thalnet_checkpoint_pair {
  const char *key;
  const char *value;
} thalnet_checkpoint_pair;

/** What a checkpoint is of. The structure and what it points to are borrowed for the call. */
typedef struct thalnet_checkpoint_contents {
  size_t struct_size;
  thalnet_center *net;
  thalnet_optimizer *optimizer; /**< of net; NULL: none */
  thalnet_state *const *states; /**< of net, in an order that stays the same */
  size_t state_count;
  const thalnet_checkpoint_pair *pairs; /**< what to save; loading ignores them */
  size_t pair_count;
} thalnet_checkpoint_contents;
#define THALNET_CHECKPOINT_CONTENTS_INIT                                                                               \
  { sizeof(thalnet_checkpoint_contents), NULL, NULL, NULL, 0, NULL, 0 }

typedef struct thalnet_checkpoint_options {
  size_t struct_size;
  const thalnet_io *io; /**< NULL: the machine's files */
} thalnet_checkpoint_options;
#define THALNET_CHECKPOINT_OPTIONS_INIT                                                                                \
  { sizeof(thalnet_checkpoint_options), NULL }

/** Saves. The file is replaced in one step, as by thalnet_center_save.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_VERSION, THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_ARGUMENT a pointer is NULL; a key is malformed or there twice; a value is not UTF-8
 * @retval THALNET_ERROR_MISMATCH optimizer or a state belongs to another center
 * @retval THALNET_ERROR_STATE net is not built; a gradient waits for thalnet_step (step, or clear it); averages of an optimizer that
 *         is not saved are in the center
 * @retval THALNET_ERROR_NONFINITE a weight (of a center loaded with allow_nonfinite) or a value of a state (after live frames that
 *         were not checked, or too large) is NaN or infinite: such a file could not be loaded. The text names it, and the old
 *         file is untouched
 * @retval THALNET_ERROR_IO, THALNET_ERROR_MEMORY, THALNET_ERROR_LIMIT, THALNET_ERROR_OVERFLOW as thalnet_center_save */
THALNET_API thalnet_status thalnet_checkpoint_save(const char *path, const thalnet_checkpoint_contents *contents,
                                                   const thalnet_checkpoint_options *options);

/** Writes the same bytes to memory. With bytes NULL and size 0 only *size_out, the exact size, is set.
 * @retval as above; THALNET_ERROR_SIZE size is below the file's (which *size_out then holds) */
THALNET_API thalnet_status thalnet_checkpoint_save_memory(const thalnet_checkpoint_contents *contents, void *bytes,
                                                          size_t size, size_t *size_out);

/** Brings net, optimizer and states to where they were: all of it, or on an error nothing. The three must have been made like those
 * that were saved: the same network, kind of optimizer, momentum, betas, smoothing and average as far as the kind uses them, and as
 * many states of as many rows. A gradient that waits is cleared; work begun on the old weights (thalnet_backward) is refused, as
 * after a write; a live state forgets inputs that were set for its next frame, and outputs of the last one. Needs once more the
 * memory of what is restored while it runs.
 * @param[out] checkpoint_out free with thalnet_checkpoint_free; NULL on error. The pointer itself may be NULL.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_VERSION, THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_MISMATCH optimizer or a state belongs to another center; or the file is of something else: the text has the
 *         setting and both values
 * @retval THALNET_ERROR_STATE net is not built; averages of another optimizer are in the center
 * @retval THALNET_ERROR_FORMAT it is not a valid checkpoint
 * @retval THALNET_ERROR_NONFINITE a number is NaN or infinite, or a weight-norm matrix has no norm
 * @retval THALNET_ERROR_IO, THALNET_ERROR_TRUNCATED, THALNET_ERROR_CHECKSUM, THALNET_ERROR_LIMIT, THALNET_ERROR_MEMORY,
 *         THALNET_ERROR_OVERFLOW as thalnet_center_load */
THALNET_API thalnet_status thalnet_checkpoint_load(const char *path, const thalnet_checkpoint_contents *contents,
                                                   const thalnet_checkpoint_options *options,
                                                   thalnet_checkpoint **checkpoint_out);

/** The same from memory, which is borrowed until the call returns. */
THALNET_API thalnet_status thalnet_checkpoint_load_memory(const void *bytes, size_t size,
                                                          const thalnet_checkpoint_contents *contents,
                                                          thalnet_checkpoint **checkpoint_out);

/** Frees; NULL is fine. */
THALNET_API void thalnet_checkpoint_free(thalnet_checkpoint *checkpoint);

/** All pairs of the host in the order of the file, those that this host does not know too: handed to the next save they are
 * kept. They live as long as the handle; NULL for a wrong handle. @param[out] count_out how many */
THALNET_API const thalnet_checkpoint_pair *thalnet_checkpoint_pairs(const thalnet_checkpoint *checkpoint,
                                                                    size_t *count_out);
/** The value of a key, or NULL. */
THALNET_API const char *thalnet_checkpoint_find(const thalnet_checkpoint *checkpoint, const char *key);
/** Version and build of the library that wrote the file, such as "0.1.0 blas=openblas products=own threads=pthreadpool
 * kernel=avx512 real=float"; NULL for a wrong handle. */
THALNET_API const char *thalnet_checkpoint_build(const thalnet_checkpoint *checkpoint);
/** 1 when that is the library that runs, on a CPU for which it chooses the same kernels: on the same machine, training goes on bit
 * for bit. */
THALNET_API int32_t thalnet_checkpoint_same_build(const thalnet_checkpoint *checkpoint);

#ifdef __cplusplus
}
#endif
#endif
