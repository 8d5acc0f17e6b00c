/* SPDX-License-Identifier: MIT */
/** @file
 * Whether a training still goes well. A watch is told the loss and the gradient norm of every step, keeps running medians of both, and
 * says when a training diverges: long before, or although, anything stops being finite.
 *
 *     thalnet_watch_create(NULL, &watch);
 *     while (...) {
 *       thalnet_watch_event event = THALNET_WATCH_EVENT_INIT;
 *       ...
 *       thalnet_step(optimizer, net);
 *       thalnet_watch_step(watch, measure.loss_sum / measure.weight_sum, thalnet_optimizer_gradient_norm(optimizer), &event);
 *       if (event.kind != THALNET_WATCH_QUIET) ... go back to the last checkpoint, with a lower rate
 *     }
 *
 * It only looks on: what to do is the host's to decide, and a training with a watch has the same bits as one without. That is also why
 * it belongs to no center or optimizer, and why checkpoints know nothing of it: a training that is resumed has a new watch, which
 * takes options.patience steps to know what is usual.
 *
 * A median is that of the last options.window values before the step (of an even number the lower of the two in the middle). There is
 * none before options.patience values. Values that are not finite are told and left out. Losses may be of any sign, but "so many times
 * the median" says something of positive ones only: while a median is 0 or below, no loss is too high. Where losses go through zero
 * in passing, such as likelihoods of densities, set loss_factor to INFINITY.
 *
 * Where a rate is absurd from the first step on, all losses are high, and so is their median. A host that knows what guessing costs
 * says so in guess_loss: the median then counts as no more than that, from the first step on.
 *
 * Memory: four arrays of options.window doubles, taken by thalnet_watch_create; a step allocates nothing. The same values give the
 * same events on every machine.
 *
 * Threads: one at a time per watch. */
#ifndef THALNET_WATCH_H
#define THALNET_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/host.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Running medians of a training's losses and gradient norms. */
typedef struct thalnet_watch thalnet_watch;

/** What there is to tell; of several the first one in this order. */
enum {
  THALNET_WATCH_QUIET = 0,     /**< nothing */
  THALNET_WATCH_NONFINITE = 1, /**< the loss or the gradient norm is NaN or infinite */
  THALNET_WATCH_NORM = 2,      /**< the gradient norm is above norm_factor times its median */
  THALNET_WATCH_LOSS = 3 /**< the loss is above loss_factor times its median, for patience steps in a row at least */
};

enum { THALNET_WATCH_WINDOW_LIMIT = 65536 };

typedef struct thalnet_watch_options {
  size_t struct_size;
  const thalnet_memory *memory; /**< NULL: malloc and free */
  double loss_factor;           /**< at least 1; INFINITY: losses are not compared */
  double norm_factor;           /**< at least 1; INFINITY: norms are not compared */
  double guess_loss;            /**< what guessing costs, such as log(classes); 0: not known */
  size_t window;                /**< values that a median is of: twice the patience to THALNET_WATCH_WINDOW_LIMIT */
  size_t patience;              /**< at least 1 */
} thalnet_watch_options;
#define THALNET_WATCH_OPTIONS_INIT                                                                                     \
  { sizeof(thalnet_watch_options), NULL, 3.0, 1e3, 0.0, 500, 50 }

/** What a watch says of a step. */
typedef struct thalnet_watch_event {
  size_t struct_size;          /**< set by the caller: sizeof(thalnet_watch_event) */
  int32_t kind;                /**< THALNET_WATCH_QUIET, or what there is to tell */
  int32_t reserved;            /**< 0 */
  uint64_t step;               /**< its number: the watch's first one is 1 */
  double loss;                 /**< of the step */
  double loss_median;          /**< of the losses before it, guess_loss if that is less; 0: there is none yet */
  double gradient_norm;        /**< of the step */
  double gradient_norm_median; /**< of the norms before it; 0: there is none yet */
  uint64_t high_losses;        /**< for how many steps in a row, up to this one, the loss was too high or not finite */
} thalnet_watch_event;
#define THALNET_WATCH_EVENT_INIT                                                                                       \
  { sizeof(thalnet_watch_event), 0, 0, 0, 0, 0, 0, 0, 0 }

/** Creates a watch that has seen nothing. Free it with thalnet_watch_free.
 * @retval THALNET_ERROR_ARGUMENT watch_out is NULL, or an option is out of range (the text names it)
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_watch_create(const thalnet_watch_options *options, thalnet_watch **watch_out);

/** Frees; NULL is fine. */
THALNET_API void thalnet_watch_free(thalnet_watch *watch);

/** Looks at a step. What it finds is told in *event; the status is of the call. An event is told at every step for which it is true.
 * @param loss mean loss of the step, the same mean each time
 * @param gradient_norm as thalnet_optimizer_gradient_norm tells it
 * @param[out] event untouched after an error
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT (event is NULL), THALNET_ERROR_VERSION (its struct_size), THALNET_ERROR_BUSY */
THALNET_API thalnet_status thalnet_watch_step(thalnet_watch *watch, double loss, double gradient_norm,
                                              thalnet_watch_event *event);

#ifdef __cplusplus
}
#endif
#endif
