/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

enum { BAR = 24 };

static double ratio(double part, double whole) { return whole > 0.0 ? part / whole : 0.0; }

double example_measure(const struct example_scale *scale, const struct example_sums *sums) {
  const double nats_a_bit = 0.69314718055994530942;
  return scale->bits ? ratio(sums->loss, sums->weight) / nats_a_bit : ratio((double)sums->hits, (double)sums->labels);
}

void example_progress_start(struct example_progress *progress, const struct example_scale *scale, size_t epochs,
                            size_t steps, int quiet) {
  memset(progress, 0, sizeof *progress);
  progress->scale = scale;
  progress->epochs = epochs;
  progress->steps = steps;
  progress->quiet = quiet;
  progress->terminal = !quiet && isatty(STDOUT_FILENO);
}

void example_progress_epoch(struct example_progress *progress, size_t epoch, size_t step) {
  const struct example_sums none = {0.0, 0.0, 0, 0};
  progress->epoch = epoch;
  progress->step = step;
  if (step == 0) progress->sums = none;
  progress->labels_before = progress->sums.labels;
  progress->started = progress->drawn = example_seconds();
}

static double seconds_left(const struct example_progress *progress, double elapsed) {
  double done = (double)((progress->epoch - 1) * progress->steps + progress->step);
  double left = (double)(progress->epochs * progress->steps) - done;
  return (progress->trained + elapsed) * ratio(left, done);
}

/* "loss 0.1234  train 0.9876", or for a scale that is the loss in other units its value alone. */
static void format_measures(const struct example_progress *progress, char *text, size_t size) {
  double value = example_measure(progress->scale, &progress->sums);
  if (progress->scale->bits)
    snprintf(text, size, "train %.4f", value);
  else
    snprintf(text, size, "loss %.4f  train %.4f", ratio(progress->sums.loss, progress->sums.weight), value);
}

static void draw(const struct example_progress *progress, double elapsed) {
  char measures[64];
  format_measures(progress, measures, sizeof measures);
  double speed = ratio((double)(progress->sums.labels - progress->labels_before), elapsed),
         left = seconds_left(progress, elapsed);
  if (!progress->terminal) {
    printf("epoch %2zu/%zu  step %zu/%zu  %s  %.0f %s/s  %.0f s left\n", progress->epoch, progress->epochs,
           progress->step, progress->steps, measures, speed, progress->scale->unit, left);
    return;
  }
  char bar[BAR + 1];
  for (size_t i = 0; i < BAR; i++) bar[i] = i * progress->steps < progress->step * BAR ? '#' : '.';
  bar[BAR] = '\0';
  printf("\repoch %2zu/%zu [%s] %s  %.0f %s/s  %.0f s left\033[K", progress->epoch, progress->epochs, bar, measures,
         speed, progress->scale->unit, left);
  fflush(stdout);
}

void example_progress_step(struct example_progress *progress, const struct example_sums *step) {
  progress->step++;
  progress->sums.loss += step->loss;
  progress->sums.weight += step->weight;
  progress->sums.hits += step->hits;
  progress->sums.labels += step->labels;
  progress->labels += step->labels;
  double now = example_seconds(), pause = progress->terminal ? 0.1 : 10.0;
  if (progress->quiet || now - progress->drawn < pause) return;
  draw(progress, now - progress->started);
  progress->drawn = now;
}

void example_progress_pause(struct example_progress *progress) {
  progress->drawn = example_seconds();
  progress->trained += progress->drawn - progress->started;
}

double example_progress_seconds(const struct example_progress *progress) {
  return progress->trained + example_seconds() - progress->started;
}

void example_progress_report(struct example_progress *progress, double validation) {
  char measures[64];
  double elapsed = progress->drawn - progress->started;
  if (progress->quiet) return;
  format_measures(progress, measures, sizeof measures);
  example_progress_clear(progress);
  printf("epoch %2zu/%zu  %s  validation %.4f  %.0f %s/s  %.1f s\n", progress->epoch, progress->epochs, measures,
         validation, ratio((double)(progress->sums.labels - progress->labels_before), elapsed), progress->scale->unit,
         elapsed);
  fflush(stdout);
}

void example_progress_clear(const struct example_progress *progress) {
  if (progress->terminal) printf("\r\033[K");
  fflush(stdout);
}

double example_progress_speed(const struct example_progress *progress) {
  return ratio((double)progress->labels, progress->trained);
}
