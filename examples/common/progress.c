/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

enum { BAR = 24 };

static double ratio(double part, double whole) { return whole > 0.0 ? part / whole : 0.0; }

void example_progress_start(struct example_progress *progress, size_t epochs, size_t steps) {
  memset(progress, 0, sizeof *progress);
  progress->epochs = epochs;
  progress->steps = steps;
  progress->terminal = isatty(STDOUT_FILENO);
}

void example_progress_epoch(struct example_progress *progress, size_t epoch) {
  progress->epoch = epoch;
  progress->step = 0;
  progress->loss_sum = progress->weight_sum = 0.0;
  progress->correct = progress->labels = 0;
  progress->started = progress->drawn = example_seconds();
}

static double seconds_left(const struct example_progress *progress, double elapsed) {
  double done = (double)((progress->epoch - 1) * progress->steps + progress->step);
  double left = (double)(progress->epochs * progress->steps) - done;
  return (progress->trained + elapsed) * ratio(left, done);
}

static void draw(const struct example_progress *progress, double elapsed) {
  double loss = ratio(progress->loss_sum, progress->weight_sum);
  double right = ratio((double)progress->correct, (double)progress->labels);
  double speed = ratio((double)progress->labels, elapsed), left = seconds_left(progress, elapsed);
  if (!progress->terminal) {
    printf("epoch %2zu/%zu  step %zu/%zu  loss %.4f  train %.4f  %.0f sequences/s  %.0f s left\n", progress->epoch,
           progress->epochs, progress->step, progress->steps, loss, right, speed, left);
    return;
  }
  char bar[BAR + 1];
  for (size_t i = 0; i < BAR; i++) bar[i] = i * progress->steps < progress->step * BAR ? '#' : '.';
  bar[BAR] = '\0';
  printf("\repoch %2zu/%zu [%s] loss %.4f  train %.4f  %.0f sequences/s  %.0f s left\033[K", progress->epoch,
         progress->epochs, bar, loss, right, speed, left);
  fflush(stdout);
}

void example_progress_step(struct example_progress *progress, double loss_sum, double weight_sum, uint64_t correct,
                           uint64_t labels) {
  progress->step++;
  progress->loss_sum += loss_sum;
  progress->weight_sum += weight_sum;
  progress->correct += correct;
  progress->labels += labels;
  progress->sequences += labels;
  double now = example_seconds(), pause = progress->terminal ? 0.1 : 10.0;
  if (now - progress->drawn < pause) return;
  draw(progress, now - progress->started);
  progress->drawn = now;
}

void example_progress_pause(struct example_progress *progress) {
  progress->drawn = example_seconds();
  progress->trained += progress->drawn - progress->started;
}

void example_progress_report(struct example_progress *progress, double validation) {
  double elapsed = progress->drawn - progress->started;
  example_progress_clear(progress);
  printf("epoch %2zu/%zu  loss %.4f  train %.4f  validation %.4f  %.0f sequences/s  %.1f s\n", progress->epoch,
         progress->epochs, ratio(progress->loss_sum, progress->weight_sum),
         ratio((double)progress->correct, (double)progress->labels), validation,
         ratio((double)progress->labels, elapsed), elapsed);
  fflush(stdout);
}

void example_progress_clear(const struct example_progress *progress) {
  if (progress->terminal) printf("\r\033[K");
  fflush(stdout);
}

double example_progress_speed(const struct example_progress *progress) {
  return ratio((double)progress->sequences, progress->trained);
}
