/* SPDX-License-Identifier: MIT */
/** @file
 * States: the memory of running sequences, one row each: the center and the layers' own memory after their last frame. They
 * are carried over the windows of truncated back-propagation (thalnet_forward_backward), or advanced frame by frame for
 * live use. Sequences of any age may share a state and a step: a ThalNet has no clock of its own.
 *
 * A row that is new, or was reset, has no history: the next sequence on it starts anew. That is at zero, or with
 * thalnet_center_options.learned_start at the center's start as it is when something goes through the row: writing or training
 * the center moves the rows that have not begun, and no others. Such a row begins once it is advanced, computed in a batch with
 * a length above 0 and written back, or written by thalnet_state_write. Only a batch on rows that have not begun (and resets
 * within it) gives the learned start a gradient; a row with history carries its values alone.
 *
 * thalnet_state_step, _advance, _reset and _copy allocate nothing and take no lock.
 *
 * Threads: one at a time per state (THALNET_ERROR_BUSY otherwise); any number of states on one center at once. */
#ifndef THALNET_STATE_H
#define THALNET_STATE_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The memory of running sequences. */
typedef struct thalnet_state thalnet_state;

typedef struct thalnet_state_options {
  size_t struct_size;
  int32_t live; /**< 1: can be advanced frame by frame; 0: only carried by batches, copied, kept (less memory) */
  int32_t check_inputs; /**< 1: a frame that is not finite is refused (THALNET_ERROR_NONFINITE), the state as before */
} thalnet_state_options;
#define THALNET_STATE_OPTIONS_INIT                                                                                     \
  { sizeof(thalnet_state_options), 1, 1 }

/** Creates a state of `rows` sequences that start anew; keeps net alive.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (net is not built), THALNET_ERROR_ARGUMENT (rows 0, state_out NULL)
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_OVERFLOW, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_state_create(const thalnet_center *net, size_t rows,
                                                const thalnet_state_options *options, thalnet_state **state_out);

/** Bytes that thalnet_state_create allocates and thalnet_state_create_in needs. @retval as thalnet_state_create */
THALNET_API thalnet_status thalnet_state_measure_memory(const thalnet_center *net, size_t rows,
                                                        const thalnet_state_options *options, uint64_t *bytes_out);

/** As thalnet_state_create, in the caller's memory: aligned to 64, at least thalnet_state_measure_memory bytes, borrowed
 * until thalnet_state_free (which must still be called, and does not free it).
 * @retval THALNET_ERROR_ARGUMENT memory is NULL or not aligned; THALNET_ERROR_SIZE too few bytes */
THALNET_API thalnet_status thalnet_state_create_in(const thalnet_center *net, size_t rows,
                                                   const thalnet_state_options *options, void *memory, size_t size,
                                                   thalnet_state **state_out);

/** Frees; NULL is fine. */
THALNET_API void thalnet_state_free(thalnet_state *state);

/** Number of rows, and of values a row has (the center first, then the layers' own memory); 0 for a wrong handle. */
THALNET_API size_t thalnet_state_rows(const thalnet_state *state);
THALNET_API size_t thalnet_state_values(const thalnet_state *state);

/** Sequences on these rows start anew; rows NULL and count 0: all.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_ARGUMENT (a row that does not exist: none is reset) */
THALNET_API thalnet_status thalnet_state_reset(thalnet_state *state, const size_t *rows, size_t count);

/** Copies rows between states of one center (which may be the same state; source and target rows may not overlap then).
 * A copy of a row that has not begun has not begun either.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_ARGUMENT, THALNET_ERROR_MISMATCH (different centers) */
THALNET_API thalnet_status thalnet_state_copy(thalnet_state *to, const size_t *to_rows, const thalnet_state *from,
                                              const size_t *from_rows, size_t count);

/** Copies one row's memory out or in: thalnet_state_values numbers. A row that has not begun is read as the start; what is
 * written is values, to which nothing clings of that.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE
 * @retval THALNET_ERROR_BUSY (read) also while the center is written, of a row at its learned start
 * @retval THALNET_ERROR_NONFINITE (write) a value is not finite; the row is as before */
THALNET_API thalnet_status thalnet_state_read(const thalnet_state *state, size_t row, float *values, size_t count);
THALNET_API thalnet_status thalnet_state_write(thalnet_state *state, size_t row, const float *values, size_t count);

/** Sets the next frame of an input for the first rows: [row][input frame][value], count a multiple of one row's values.
 * Inputs stay set until the next thalnet_state_advance, which forgets them; an input that is not set is absent.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE
 * @retval THALNET_ERROR_STATE the state is not live
 * @retval THALNET_ERROR_NONFINITE a value is not finite */
THALNET_API thalnet_status thalnet_state_set_input(thalnet_state *state, int32_t input, const float *values,
                                                   size_t count);
/** As thalnet_state_set_input; -1: none. @retval THALNET_ERROR_DATA a token is not in -1..size-1 */
THALNET_API thalnet_status thalnet_state_set_tokens(thalnet_state *state, int32_t input, const int32_t *tokens,
                                                    size_t count);

/** Advances the first `rows` rows by one frame; the other rows keep their memory.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_MISMATCH (another center)
 * @retval THALNET_ERROR_SIZE more rows than the state has, or than a set input gave
 * @retval THALNET_ERROR_STATE the state is not live
 * @retval THALNET_ERROR_HOST a layer of the host failed; memory, inputs and outputs are as before */
THALNET_API thalnet_status thalnet_state_advance(const thalnet_center *net, thalnet_state *state, size_t rows);

/** Copies an output of the last frame: [row][output frame][value] of the rows last advanced. Settle steps do not run.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_BUSY, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE
 * @retval THALNET_ERROR_STATE not advanced yet, or not live */
THALNET_API thalnet_status thalnet_state_read_output(const thalnet_state *state, int32_t output, float *values,
                                                     size_t count);

/** All rows by one frame, for a network with one dense input and one output: [row][value] in, [row][value] out.
 * @retval as set_input, advance and read_output together; THALNET_ERROR_UNSUPPORTED for other networks */
THALNET_API thalnet_status thalnet_state_step(const thalnet_center *net, thalnet_state *state, const float *frame,
                                              size_t frame_count, float *answer, size_t answer_count);

#ifdef __cplusplus
}
#endif
#endif
