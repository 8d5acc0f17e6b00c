/* SPDX-License-Identifier: MIT */
/** @file
 * Readers: how a module reads its context out of the center of the previous step (paper section 2.2). Of modules in order
 * (thalnet_center_options.in_order) the slices before a reader's own are those that have just been written. Below, Phi is
 * what is read, a center with P values, phi the module's own slice of the previous one with F values, C the context size.
 *
 * | kind        | context                                                              | parameters                          |
 * |-------------|----------------------------------------------------------------------|-------------------------------------|
 * | LINEAR      | c = W Phi                                                            | weight [C, P]                       |
 * | WEIGHT_NORM | c = beta (W / |W|) Phi, Frobenius norm of the whole matrix           | weight [C, P], scale [1]            |
 * | SOFTMAX     | c_j = sum_k softmax_k((V_j phi + b_j)_k) Phi_k                       | weight [C, P, F], bias [C, P]       |
 * | GAUSSIAN    | c_j = sum_k N(k; mu_j, var_j) Phi_k for k = 1..P, with               | mean_weight, variance_weight [C, F],|
 * |             | mu = P/C (W phi + b), var = (P/C)^2 softplus(U phi + d) + 0.25       | mean_bias, variance_bias [C]        |
 *
 * The first two are static: they have weights of their own. The others are dynamic: the weights follow from the module's
 * own features, anew at every step.
 *
 * With skip_own (ours, not the paper's) a module does not read back what it wrote itself: a recurrent one has its hidden
 * state anyway. Above, Phi is then the center without phi, the order of the others kept, and P their number P - F: so a
 * static weight is [C, P - F] with the Frobenius norm over that, a softmax weight [C, P - F, F], and Gaussian places count
 * 1..P - F. Dynamic weights still follow from phi.
 *
 * **Parts.** A dynamic reader that has learned cannot take in more columns without changing what it makes of the others. Where an
 * edit (thalnet/edit.h) brings some, it becomes part 0 of a sum:
 *
 *     c_j = r_0(Phi, phi)_j + gate_1j r_1(Phi, phi)_j + gate_2j r_2(Phi, phi)_j + ...
 *
 * Part 0 is the reader as it was. Every part is a reader of the same kind over its own columns alone: the table holds for it with
 * their number in the place of P. Part k >= 1 has the tensors "modules.<i>.reader.parts.<k>.weight" and so on, and "...gate" [C],
 * which is 0 at first and has no weight decay. Columns keep the order that they have in the center. Where all that part 0 read was
 * removed it is not there, nor are its tensors. */
#ifndef THALNET_READER_H
#define THALNET_READER_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/module.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A module's reading mechanism; owned by its center. */
typedef struct thalnet_reader thalnet_reader;

/** Kinds of readers. */
enum { THALNET_LINEAR = 0, THALNET_WEIGHT_NORM = 1, THALNET_SOFTMAX = 2, THALNET_GAUSSIAN = 3 };

typedef struct thalnet_reader_options {
  size_t struct_size;
  int32_t normalize; /**< 1: divide the Gaussian weights by their sum; must be 0 for the other kinds */
  int32_t skip_own;  /**< 1: the module's own slice of the center is left out of what is read; 0: it is read too */
  float gain; /**< what the initial weight of LINEAR, the initial scale of WEIGHT_NORM is multiplied with: below 1,
                          modules begin with little influence on each other. 0: 1; else from 0.001 to 1000; must be 0 for the
                          other kinds, whose weights sum to about one. Not saved */
  int32_t reserved; /**< 0 */
} thalnet_reader_options;
#define THALNET_READER_OPTIONS_INIT                                                                                    \
  { sizeof(thalnet_reader_options), 0, 0, 0, 0 }

/** Gives a module its reader.
 * @param kind    THALNET_LINEAR, THALNET_WEIGHT_NORM, THALNET_SOFTMAX or THALNET_GAUSSIAN
 * @param context values read a step, C
 * @param[out] reader_out owned by the center, valid as long as it; may be NULL
 * @retval THALNET_ERROR_HANDLE   module is not a module
 * @retval THALNET_ERROR_STATE    the center is built, or the module has a reader
 * @retval THALNET_ERROR_ARGUMENT unknown kind, context 0, normalize with another kind than Gaussian, skip_own not 0 or 1,
 *         a gain that is not as said above
 * @retval THALNET_ERROR_LIMIT    context above THALNET_SIZE_LIMIT
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_add_reader(thalnet_module *module, int32_t kind, size_t context,
                                                     const thalnet_reader_options *options,
                                                     thalnet_reader **reader_out);

/** The reader's kind, or -1. */
THALNET_API int32_t thalnet_reader_kind(const thalnet_reader *reader);
/** The reader's context size, or 0. */
THALNET_API size_t thalnet_reader_context(const thalnet_reader *reader);

/** 1 for a reader without its own module's slice (thalnet_reader_options.skip_own), else 0. */
THALNET_API int32_t thalnet_reader_skips_own(const thalnet_reader *reader);

/** The reader of a module, or NULL; for networks that were loaded. */
THALNET_API const thalnet_reader *thalnet_center_module_reader(const thalnet_center *net, int32_t module);

#ifdef __cplusplus
}
#endif
#endif
