/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>

#include "contender.h"

/* So small that the network hardly changes: every batch then computes with ordinary numbers, however often it comes. */
#define RATE 1e-6

int bench_failed(thalnet_status status, const char *what) {
  if (status) fprintf(stderr, "%s: %s\n", what, thalnet_error_text());
  return status != THALNET_OK;
}

static void declare_module(struct bench_session *s, size_t number) {
  const struct bench_workload *w = &s->workload;
  thalnet_module *module;
  if (thalnet_center_add_module(s->net, NULL, NULL, &module)) return;
  if (w->dense) thalnet_module_add_dense(module, w->dense, THALNET_RELU, NULL);
  for (size_t layer = 0; layer < w->layers; layer++) thalnet_module_add_gru(module, w->units, NULL);
  if (w->context) thalnet_module_add_reader(module, s->reader, w->context, NULL, NULL);
  if (number == 0) thalnet_module_connect_input(module, s->input);
  if (number + 1 == w->modules) thalnet_module_connect_output(module, s->output);
}

int bench_declare(struct bench_session *s, const thalnet_center_options *options) {
  const struct bench_workload *w = &s->workload;
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  input.tokens = w->tokens;
  if (bench_failed(thalnet_center_create(options, &s->net), w->name)) return 1;
  thalnet_center_add_input(s->net, "frames", w->input, &input, &s->input);
  thalnet_center_add_output(s->net, "classes", w->classes, THALNET_CROSS_ENTROPY, NULL, &s->output);
  for (size_t i = 0; i < w->modules; i++) declare_module(s, i);
  if (bench_failed(thalnet_center_measure(s->net, &size), w->name)) return 1;
  if (w->parameters && size.parameters != w->parameters) {
    fprintf(stderr, "%s has %llu parameters, not %zu\n", w->name, (unsigned long long)size.parameters, w->parameters);
    return 1;
  }
  return 0;
}

static void draw_data(struct bench_session *s) {
  const struct bench_workload *w = &s->workload;
  size_t frames = w->sequences * w->frames, labels = w->every_frame ? frames : w->sequences;
  s->labels = bench_allocate(labels, sizeof *s->labels);
  s->answers = bench_allocate(labels * w->classes, sizeof *s->answers);
  bench_fill_integers(s->labels, labels, w->classes);
  if (w->tokens) {
    s->tokens = bench_allocate(frames, sizeof *s->tokens);
    bench_fill_integers(s->tokens, frames, w->input);
  } else {
    s->values = bench_allocate(frames * w->input, sizeof *s->values);
    bench_fill(s->values, frames * w->input, 0, 1);
  }
}

int bench_open(void *session) {
  struct bench_session *s = session;
  const struct bench_workload *w = &s->workload;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_batch_options batch = THALNET_BATCH_OPTIONS_INIT;
  thalnet_optimizer_options adam = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.threads = s->threads;
  batch.for_backward = s->training;
  adam.rate = RATE;
  adam.clip_norm = 1.0;
  (void)thalnet_blas_set_threads(1); /* not every BLAS can be told */
  if (bench_declare(s, &options)) return 1;
  thalnet_status status = thalnet_center_build(s->net, 1);
  if (!status) status = thalnet_batch_create(s->net, w->sequences, w->frames, &batch, &s->batch);
  if (!status && s->training) status = thalnet_optimizer_create(s->net, THALNET_ADAM, &adam, &s->optimizer);
  draw_data(s);
  return bench_failed(status, w->name);
}

static thalnet_status set_inputs(struct bench_session *s) {
  const struct bench_workload *w = &s->workload;
  size_t frames = w->sequences * w->frames;
  thalnet_status status = thalnet_batch_begin(s->batch, w->sequences, w->frames);
  if (status) return status;
  if (w->tokens) return thalnet_batch_set_tokens(s->batch, s->input, s->tokens, frames);
  return thalnet_batch_set_inputs(s->batch, s->input, s->values, frames * w->input);
}

int bench_train(void *session) {
  struct bench_session *s = session;
  const struct bench_workload *w = &s->workload;
  thalnet_status status = set_inputs(s);
  if (!status && w->every_frame) {
    status = thalnet_batch_set_labels(s->batch, s->output, s->labels, w->sequences * w->frames);
  } else if (!status) {
    status = thalnet_batch_set_final_labels(s->batch, s->output, s->labels, w->sequences);
  }
  if (!status) status = thalnet_forward_backward(s->net, s->batch, NULL);
  if (!status) status = thalnet_step(s->optimizer, s->net);
  return bench_failed(status, w->name);
}

int bench_evaluate(void *session) {
  struct bench_session *s = session;
  const struct bench_workload *w = &s->workload;
  size_t answers = w->sequences * w->classes;
  thalnet_status status = set_inputs(s);
  if (!status && !w->every_frame) status = thalnet_batch_set_final(s->batch, s->output);
  if (!status) status = thalnet_forward(s->net, s->batch, NULL);
  if (!status && w->every_frame) {
    status = thalnet_batch_read_output(s->batch, s->output, s->answers, answers * w->frames);
  } else if (!status) {
    status = thalnet_batch_read_final_output(s->batch, s->output, s->answers, answers);
  }
  return bench_failed(status, w->name);
}

void bench_close(void *session) {
  struct bench_session *s = session;
  thalnet_optimizer_free(s->optimizer);
  thalnet_batch_free(s->batch);
  thalnet_center_free(s->net);
  free(s->values);
  free(s->answers);
  free(s->tokens);
  free(s->labels);
  s->optimizer = NULL, s->batch = NULL, s->net = NULL;
  s->values = s->answers = NULL, s->tokens = s->labels = NULL;
}
