/* SPDX-License-Identifier: MIT */
#include "train/watch.h"

#include <string.h>

#include "core/real.h"
#include "core/status.h"

/* --- life --- */

static int thalnet__is_factor(double value) { return value >= 1; /* infinity too, but no NaN */ }

thalnet_status thalnet__check_watch_options(const thalnet_watch_options *options) {
  const struct {
    const char *name;
    int right;
  } checks[] = {
      {"loss_factor", thalnet__is_factor(options->loss_factor)},
      {"norm_factor", thalnet__is_factor(options->norm_factor)},
      {"guess_loss", thalnet__is_finite(options->guess_loss) && options->guess_loss >= 0},
      {"window", options->window >= 2 && options->window <= THALNET_WATCH_WINDOW_LIMIT},
      {"patience", options->patience >= 1 && options->patience <= options->window / 2},
  };
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
    if (!checks[i].right)
      return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_watch_options: %s is out of range", checks[i].name);
  return THALNET_OK;
}

thalnet_status thalnet__watch_create(const thalnet_watch_options *options, thalnet_watch **watch_out) {
  const size_t window = options->window;
  thalnet_memory memory;
  void *handle, *block;
  THALNET__TRY(thalnet__memory_init(&memory, options->memory));
  THALNET__TRY(thalnet__allocate(&memory, 1, sizeof(thalnet_watch), &handle));
  const thalnet_status status = thalnet__allocate(&memory, 4 * window, sizeof(double), &block);
  if (status != THALNET_OK) {
    thalnet__release(&memory, handle, 1, sizeof(thalnet_watch));
    return status;
  }
  thalnet_watch *watch = handle;
  double *values = block;
  watch->memory = memory;
  watch->options = *options;
  watch->options.memory = NULL; /* it was copied */
  watch->block = values;
  watch->losses = (thalnet__median){.values = values, .sorted = values + window};
  watch->norms = (thalnet__median){.values = values + 2 * window, .sorted = values + 3 * window};
  atomic_init(&watch->busy, 0);
  watch->magic = THALNET__WATCH_MAGIC;
  *watch_out = watch;
  return THALNET_OK;
}

void thalnet__watch_free(thalnet_watch *watch) {
  const thalnet_memory memory = watch->memory;
  thalnet__release(&memory, watch->block, 4 * watch->options.window, sizeof(double));
  watch->magic = 0;
  thalnet__release(&memory, watch, 1, sizeof *watch);
}

/* --- medians --- */

/* How many of the sorted values are below. */
static size_t thalnet__rank_of(const thalnet__median *median, double value) {
  size_t low = 0, high = median->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (median->sorted[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* A finite value comes in; the oldest goes where the window is full. */
static void thalnet__median_add(thalnet__median *median, double value, size_t window) {
  if (median->count == window) {
    const size_t old = thalnet__rank_of(median, median->values[median->next]);
    median->count--;
    memmove(median->sorted + old, median->sorted + old + 1, (median->count - old) * sizeof *median->sorted);
  }
  const size_t place = thalnet__rank_of(median, value);
  memmove(median->sorted + place + 1, median->sorted + place, (median->count - place) * sizeof *median->sorted);
  median->sorted[place] = value;
  median->count++;
  median->values[median->next] = value;
  median->next = (median->next + 1) % window;
}

/* But no more than `most`, unless that is 0; 0 while there are too few values to tell. */
static double thalnet__median_of(const thalnet__median *median, size_t least, double most) {
  const double value = median->count < least ? most : median->sorted[(median->count - 1) / 2];
  return most > 0 && most < value ? most : value;
}

/* --- steps --- */

static int thalnet__is_high(double value, double median, double factor) {
  return median > 0 && value > factor * median;
}

static int32_t thalnet__judge(const thalnet_watch *watch, const thalnet_watch_event *event) {
  const thalnet_watch_options *options = &watch->options;
  if (!thalnet__is_finite(event->loss) || !thalnet__is_finite(event->gradient_norm)) return THALNET_WATCH_NONFINITE;
  if (thalnet__is_high(event->gradient_norm, event->gradient_norm_median, options->norm_factor))
    return THALNET_WATCH_NORM;
  return event->high_losses >= options->patience ? THALNET_WATCH_LOSS : THALNET_WATCH_QUIET;
}

void thalnet__watch_step(thalnet_watch *watch, double loss, double norm, thalnet_watch_event *event) {
  const thalnet_watch_options *options = &watch->options;
  event->step = ++watch->steps;
  event->loss = loss;
  event->gradient_norm = norm;
  event->loss_median = thalnet__median_of(&watch->losses, options->patience, options->guess_loss);
  event->gradient_norm_median = thalnet__median_of(&watch->norms, options->patience, 0);
  const int high = !thalnet__is_finite(loss) || thalnet__is_high(loss, event->loss_median, options->loss_factor);
  watch->high_losses = high ? watch->high_losses + 1 : 0;
  event->high_losses = watch->high_losses;
  event->kind = thalnet__judge(watch, event);
  if (thalnet__is_finite(loss)) thalnet__median_add(&watch->losses, loss, options->window);
  if (thalnet__is_finite(norm)) thalnet__median_add(&watch->norms, norm, options->window);
}
