/* SPDX-License-Identifier: MIT */
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probabilities.h"
#include "random.h"
#include "sampler.h"
#include "system.h"

enum { EVALUATION_WINDOW = 100 };

void example_language_add_data_options(struct example_language *p, struct example_program *program) {
  p->window = 50;
  p->epoch_characters = INT32_MAX;
  p->segments = 50;
  p->warmup_characters = 500;
  const struct example_option options[] = {
      {EXAMPLE_COUNT, "window", "N", "characters that gradients flow back through (50)", &p->window, 1, 100000},
      {EXAMPLE_COUNT, "epoch-characters", "N",
       "end an epoch after so many characters, in whole steps; the next\n"
       "one goes on behind them: for long texts (the whole text)",
       &p->epoch_characters, 1, INT32_MAX},
      {EXAMPLE_COUNT, "segments", "N", "parts of a text that are measured side by side (50)", &p->segments, 1, 10000},
      {EXAMPLE_COUNT, "warmup-characters", "N", "read before each of them without being counted (500)",
       &p->warmup_characters, 0, 1e6},
  };
  example_options_add(program, options, sizeof options / sizeof options[0]);
}

void example_language_add_options(struct example_language *p, struct example_program *program) {
  p->sample = -1; /* not given */
  p->temperature = -1.0;
  const struct example_option options[] = {
      {EXAMPLE_COUNT, "sample", "N", "write so many characters with the network", &p->sample, 1, 1e7},
      {EXAMPLE_TEXT, "prompt", "TEXT", "that go on from there", &p->prompt, 0, 0},
      {EXAMPLE_NUMBER, "temperature", "X", "0: always the likeliest, 1: as expected (1)", &p->temperature, 0, 100},
  };
  example_options_add(program, options, sizeof options / sizeof options[0]);
}

int example_language_finish(struct example_language *p, const struct example_settings *settings) {
  if (p->sample < 0 && (p->prompt || p->temperature >= 0.0)) {
    example_complain(settings->program, "--prompt and --temperature need --sample");
    return EXAMPLE_EXIT_USAGE;
  }
  if (p->temperature < 0.0) p->temperature = 1.0;
  if (!p->prompt) p->prompt = "";
  return -1;
}

/* --- batches --------------------------------------------------------------------------------------------------------- */

/* Begins a batch with what is in p->tokens, p->labels and, where there are any, p->resets. */
static thalnet_status set_batch(struct example_language *p, thalnet_batch *batch, size_t sequences, size_t frames,
                                int resets) {
  const struct example_ports *ports = &p->trainer->network.ports;
  size_t count = sequences * frames;
  thalnet_status status = thalnet_batch_begin(batch, sequences, frames);
  if (!status) status = thalnet_batch_set_tokens(batch, ports->inputs[0], p->tokens, count);
  if (!status && resets) status = thalnet_batch_set_resets(batch, p->resets, count);
  for (size_t o = 0; o < ports->output_count && !status; o++)
    status = thalnet_batch_set_labels(batch, ports->outputs[o], p->labels, count);
  return status;
}

/* The next window of every stream. The trainer carries the memory from window to window; where a new pass cuts the streams
 * elsewhere, they start from zero memory. An epoch is a pass, or a part of one. */
static thalnet_status load_window(void *context, thalnet_batch *batch, size_t epoch, size_t step) {
  struct example_language *p = context;
  struct example_streams *s = &p->streams;
  size_t steps_before = (epoch - 1) * p->trainer->task.steps + step; /* in all of training */
  size_t pass_steps = s->length / s->window, pass = steps_before / pass_steps, place = steps_before % pass_steps;
  example_streams_pass(s, (uint64_t)p->trainer->settings->seed, pass + 1);
  int resets = example_streams_window(s, place, p->tokens, p->labels, p->resets);
  for (size_t b = 0; b < s->streams && place == 0; b++) resets = p->resets[b * s->window] = 1;
  return set_batch(p, batch, s->streams, s->window, resets);
}

/* --- evaluation ------------------------------------------------------------------------------------------------------ */

/* Nats that the labels of the computed batch cost. Several outputs are averaged as probabilities, so that their losses
 * alone do not tell. */
static thalnet_status cost(struct example_language *p, size_t count, double *nats) {
  const struct example_ports *ports = &p->trainer->network.ports;
  thalnet_batch *batch = p->trainer->evaluation;
  size_t kinds = p->text->kinds;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  thalnet_status status = thalnet_batch_measure(batch, ports->outputs[0], &measure);
  *nats = measure.loss_sum;
  if (status || ports->output_count == 1) return status;
  double *sums = p->sums;
  memset(sums, 0, count * kinds * sizeof *sums);
  for (size_t o = 0; o < ports->output_count && !status; o++) {
    status = thalnet_batch_read_output(batch, ports->outputs[o], p->logits, count * kinds);
    for (size_t i = 0; i < count && !status; i++)
      example_add_probabilities(p->logits + i * kinds, kinds, 1.0, sums + i * kinds);
  }
  *nats = 0.0;
  for (size_t i = 0; i < count; i++)
    if (p->labels[i] >= 0) *nats -= log(sums[i * kinds + (size_t)p->labels[i]] / (double)ports->output_count);
  return status;
}

/* Bits a character of a whole part of the text; of the training part, of as many as the validation has. */
static thalnet_status evaluate(void *context, enum example_part part, double *bits_out) {
  const double nats_a_bit = 0.69314718055994530942;
  struct example_language *p = context;
  struct example_characters text = part == EXAMPLE_TEST         ? p->text->test
                                   : part == EXAMPLE_VALIDATION ? p->text->validation
                                                                : p->text->train;
  if (text.count > p->text->validation.count) text.count = p->text->validation.count;
  struct example_segments segments = example_segments_make(text, (size_t)p->segments, (size_t)p->warmup_characters);
  double nats = 0.0;
  thalnet_status status = thalnet_state_reset(p->evaluated, NULL, 0);
  for (size_t first = 0; first < segments.frames && !status; first += EVALUATION_WINDOW) {
    size_t left = segments.frames - first, frames = left < EVALUATION_WINDOW ? left : EVALUATION_WINDOW;
    double window = 0.0;
    int resets = example_segments_window(&segments, first, frames, p->tokens, p->labels, p->resets);
    status = set_batch(p, p->trainer->evaluation, segments.segments, frames, resets);
    if (!status) status = thalnet_forward(p->trainer->net, p->trainer->evaluation, p->evaluated);
    if (!status) status = cost(p, segments.segments * frames, &window);
    nats += window;
  }
  *bits_out = nats / nats_a_bit / (double)text.count;
  return status;
}

/* Routing is measured on the beginnings of some segments of the validation text. */
static thalnet_status load_routing(void *context, thalnet_batch *batch) {
  struct example_language *p = context;
  struct example_segments segments = example_segments_make(p->text->validation, (size_t)p->segments, 0);
  size_t frames = segments.frames < EVALUATION_WINDOW ? segments.frames : EVALUATION_WINDOW;
  int resets = example_segments_window(&segments, 0, frames, p->tokens, p->labels, p->resets);
  return set_batch(p, batch, segments.segments, frames, resets);
}

static int sample(void *context) {
  struct example_language *p = context;
  struct example_trainer *t = p->trainer;
  if (p->sample < 0) return EXAMPLE_EXIT_SUCCESS;
  thalnet_status status = example_sample(t->net, &t->network.ports, p->text, p->prompt, (size_t)p->sample,
                                         p->temperature, (uint64_t)t->settings->seed, stdout);
  return status ? example_library_failed(t->settings->program, status) : EXAMPLE_EXIT_SUCCESS;
}

/* --- the task -------------------------------------------------------------------------------------------------------- */

static int check_prompt(const struct example_language *p, struct example_error *error) {
  for (const char *c = p->prompt; *c; c++)
    if (p->text->tokens[(uint8_t)*c] < 0)
      return example_fail(error, "--prompt: its character '%c' (%u) does not occur in the text", *c, (uint8_t)*c);
  return 0;
}

static int allocate(struct example_language *p) {
  const struct example_task *task = &p->trainer->task;
  size_t training = task->sequences * task->frames;
  size_t evaluation = task->evaluation_sequences * task->evaluation_frames;
  size_t room = training > evaluation ? training : evaluation;
  p->tokens = calloc(room, sizeof *p->tokens);
  p->labels = calloc(room, sizeof *p->labels);
  p->resets = calloc(room, sizeof *p->resets);
  p->logits = calloc(evaluation * p->text->kinds, sizeof *p->logits);
  p->sums = calloc(evaluation * p->text->kinds, sizeof *p->sums);
  if (p->tokens && p->labels && p->resets && p->logits && p->sums) return EXAMPLE_EXIT_SUCCESS;
  example_complain(p->trainer->settings->program, "no memory for a batch of %zu characters", room);
  return EXAMPLE_EXIT_FAILURE;
}

int example_language_prepare(struct example_language *p, struct example_trainer *trainer,
                             const struct example_text *text) {
  static const struct example_scale bits = {"bpc", "characters", 1};
  const struct example_settings *s = trainer->settings;
  struct example_error error = {""};
  size_t streams = (size_t)s->batch, window = (size_t)p->window;
  p->trainer = trainer;
  p->text = text;
  if (check_prompt(p, &error) ||
      (!s->load && example_streams_start(&p->streams, text->train, streams, window, &error))) {
    example_complain(s->program, "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  size_t pass = p->streams.length / window, steps = (size_t)p->epoch_characters / streams / window;
  if (steps > pass) steps = pass;
  const struct example_task task = {.context = p,
                                    .scale = &bits,
                                    .sequences = streams,
                                    .frames = window,
                                    .evaluation_sequences = (size_t)p->segments,
                                    .evaluation_frames = EVALUATION_WINDOW,
                                    .steps = steps > 0 ? steps : 1,
                                    .carry = 1,
                                    .measure_train = 1,
                                    .load = load_window,
                                    .evaluate = evaluate,
                                    .load_routing = load_routing,
                                    .finish = sample,
                                    .fingerprint = example_hash(0, text->train.tokens, text->train.count)};
  trainer->task = task;
  return allocate(p);
}

int example_language_ready(struct example_language *p) {
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  options.live = 0; /* batches advance it */
  thalnet_status status = thalnet_state_create(p->trainer->net, (size_t)p->segments, &options, &p->evaluated);
  return status ? example_library_failed(p->trainer->settings->program, status) : EXAMPLE_EXIT_SUCCESS;
}

void example_language_free(struct example_language *p) {
  thalnet_state_free(p->evaluated);
  free(p->tokens);
  free(p->labels);
  free(p->resets);
  free(p->logits);
  free(p->sums);
}
