/* SPDX-License-Identifier: MIT */
/** @file
 * Changing a network that has learned something: growing it, splitting and removing modules, connecting new tasks. A built center
 * never changes its shape, so all this happens on a draft:
 *
 *     thalnet_center_edit(net, &draft);                    a draft like net
 *     thalnet_center_add_module(draft, ...);               changed with the calls of center.h, module.h, reader.h, and these here
 *     thalnet_center_build(draft, seed);                   takes over what net has learned
 *     thalnet_optimizer_move(optimizer, draft, &moved);    and so do an optimizer
 *     thalnet_state_move(state, draft, &continued);        and running sequences
 *
 * net stays as it is and goes on serving its states, batches and threads until it is freed.
 *
 * **What a build takes over.** The values of all modules, readers and outputs that were there before, by module and place within it.
 * What is new starts so that the function stays the same, but for rounding:
 * - columns of old weights for new features, inputs and contexts are 0, and so are the matrices of old outputs for modules that are
 *   newly connected to them;
 * - softmax and Gaussian readers that have learned get one more part for all that is new to them, behind a gate that is 0
 *   (thalnet/reader.h); the gate's gradient is not, so training opens it. A network that is edited often has readers of many parts,
 *   THALNET_COUNT_LIMIT at most;
 * - all else that is new has initial values, as in a new network, by the seed of the build.
 *
 * A weight-norm reader's scale follows the norm of its matrix where columns are removed or shared out; a matrix of which nothing
 * is left has a scale of 0.
 *
 * **Removing** a module changes the function by what was read of it; softmax and normalized Gaussian readers share what it had among
 * the others of the same part, and Gaussian readers' places move up. Parts of which nothing is left go, and the next ones take their
 * numbers.
 *
 * Modules keep their names and their order; new ones come last, second ones of a split behind the first. Module handles belong to one
 * center: ask the draft for its own (thalnet_center_get_module). Modules that were there before have the layers that they learned
 * with: thalnet_module_add_dense, _gru and _lstm on them are THALNET_ERROR_STATE, thalnet_module_grow gives them more units; a
 * module that had no reader may get one.
 *
 * Calls that take a draft or a module of it return THALNET_ERROR_HANDLE, or THALNET_ERROR_STATE where the center is built, beside
 * what is said below. Like those of module.h they are remembered by the draft when they fail, and thalnet_center_build reports the
 * first of them again; that call also returns THALNET_ERROR_BUSY as said here. All of them may be used on any center that is not
 * built, edited or not.
 *
 * Threads: as center.h says; the network that is edited is only read. */
#ifndef THALNET_EDIT_H
#define THALNET_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/module.h>
#include <thalnet/optimizer.h>
#include <thalnet/state.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Starts a draft that is declared as a built center is, with its memory, executor and threads.
 * @param net kept alive until the draft is built or freed. Its values at the time of the build are taken over: it may be trained
 *            until then, but no call may write it during thalnet_center_build on the draft, which is THALNET_ERROR_BUSY, and the draft
 *            as before, where one is inside already
 * @param[out] draft_out free it with thalnet_center_free; NULL on error
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (net is not built), THALNET_ERROR_ARGUMENT, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_center_edit(const thalnet_center *net, thalnet_center **draft_out);

/** The module of that number, or NULL; owned by the center. */
THALNET_API thalnet_module *thalnet_center_get_module(thalnet_center *net, int32_t module);

/** Removes a module with its reader, its part of the outputs and all that others read of it; the modules behind it move up. Its
 * handle is no more, and its name is not given again in this draft.
 * @retval THALNET_ERROR_STATE it is the only one
 * @retval THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_module_remove(thalnet_module *module);

/** Splits a module that the edited network had: a second one with the same layers, reader, connections and values comes behind it. Who
 * listened to the one listens to both, feature by feature in parts that add up to the whole and are drawn from 1/4 to 3/4, so that
 * the gradients tell the two apart and they go different ways. An output to which only one of them stays connected hears that one whole.
 * Softmax and Gaussian readers go on reading the first one; the second is new to them.
 * @param name of the second one, as in thalnet_center_add_module
 * @param[out] second_out NULL on error
 * @retval THALNET_ERROR_STATE the module is new in this draft
 * @retval THALNET_ERROR_UNSUPPORTED modules go in order, and its reader has no skip_own: the second one would read the first one's
 *         features a step earlier than that does
 * @retval as thalnet_center_add_module */
THALNET_API thalnet_status thalnet_module_split(thalnet_module *module, const char *name, thalnet_module **second_out);

/** Gives a layer more units. Its old units do not see the new ones at first, nor does anybody else.
 * @param layer its number in the module, 0 is the first
 * @param units how many more; 0 changes nothing
 * @retval THALNET_ERROR_ARGUMENT there is no such layer; THALNET_ERROR_LIMIT
 * @retval THALNET_ERROR_UNSUPPORTED the layer has learned with layer norm, which more units would change */
THALNET_API thalnet_status thalnet_module_grow(thalnet_module *module, size_t layer, size_t units);

/** Undo thalnet_module_connect_input and _output. @retval THALNET_ERROR_ARGUMENT it is not connected */
THALNET_API thalnet_status thalnet_module_disconnect_input(thalnet_module *module, int32_t input);
THALNET_API thalnet_status thalnet_module_disconnect_output(thalnet_module *module, int32_t output);

/** Remove an input or output with all connections to it; those behind it move up by one number.
 * @retval THALNET_ERROR_ARGUMENT there is none of that number */
THALNET_API thalnet_status thalnet_center_remove_input(thalnet_center *draft, int32_t input);
THALNET_API thalnet_status thalnet_center_remove_output(thalnet_center *draft, int32_t output);

/** Freezes tensors, or thaws them: training leaves frozen ones alone, and all that belongs to them: they get no gradient (it reads as
 * 0), count for no norm, decay, moment or average, and where all tensors of a layer or static reader are frozen their gradients cost
 * nothing. What a frozen module tells others is learned from as before. A gradient that has been added up for them is dropped.
 * thalnet_center_write writes them as any other. An edited network's tensors stay as they were, new ones are not frozen. Checkpoints
 * are loaded into networks with the same ones frozen; model files know nothing of it.
 * @param prefix of the tensors' names: "modules.2." is all of module 2, "" everything
 * @param frozen 1 or 0
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (net is not built), THALNET_ERROR_BUSY
 * @retval THALNET_ERROR_ARGUMENT prefix is NULL, frozen neither 0 nor 1; THALNET_ERROR_DATA no tensor's name begins so */
THALNET_API thalnet_status thalnet_center_set_frozen(thalnet_center *net, const char *prefix, int32_t frozen);

/** 1 for a tensor that is frozen, else, and where there is none of that name, 0. */
THALNET_API int32_t thalnet_center_is_frozen(const thalnet_center *net, const char *tensor);

/** An optimizer for a network that was made by editing this one's: the same kind and options, the same steps done, the same moments
 * and averages for all that was there before. The first moments of new numbers are 0; their second ones start at the mean of
 * those in the same tensor, so that their first updates are as large as the others'. Tensors that are new count their updates from 0. A
 * module that was split has its moments twice. A gradient that waits for a step stays behind.
 * @param optimizer goes on as it is
 * @param to        built from a draft of the center that the optimizer belongs to
 * @param[out] moved_out free it with thalnet_optimizer_free; NULL on error
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_BUSY, THALNET_ERROR_MEMORY
 * @retval THALNET_ERROR_STATE to is not built; or the averages of the optimizer are in the place of the weights
 * @retval THALNET_ERROR_MISMATCH to was not made by editing the optimizer's center */
THALNET_API thalnet_status thalnet_optimizer_move(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                                  thalnet_optimizer **moved_out);

/** A state for such a network: its rows go on where they are. The memory of new modules and units is 0, that of a module that was
 * split is there twice. Rows that have not begun have not begun there either.
 * @param to as in thalnet_optimizer_move
 * @param[out] moved_out of as many rows, with the same options, in the center's memory; free it with thalnet_state_free
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_BUSY, THALNET_ERROR_MEMORY, THALNET_ERROR_OVERFLOW
 * @retval THALNET_ERROR_STATE, THALNET_ERROR_MISMATCH as thalnet_optimizer_move */
THALNET_API thalnet_status thalnet_state_move(const thalnet_state *state, const thalnet_center *to,
                                              thalnet_state **moved_out);

#ifdef __cplusplus
}
#endif
#endif
