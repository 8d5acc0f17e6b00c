/* SPDX-License-Identifier: MIT */
/* A language model of characters: a network reads a text, one byte a frame, and says at each which byte comes next. Made for
 * text8, the first 10^8 characters of an encyclopedia in 27 letters; any file will do.
 *
 * Start reading at run(), near the bottom. What is new beside pmnist: tokens, an answer at every frame, several steps a
 * frame, memory that is carried from batch to batch, and live use of the trained network (common/sampler.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/sampler.h"
#include "common/settings.h"
#include "common/system.h"
#include "common/text.h"
#include "common/trainer.h"

enum { EVALUATION_WINDOW = 100 };

struct text8 {
  struct example_settings settings;
  long bytes, window, steps_per_frame, segments, warmup_characters, sample;
  const char *prompt, *preset;
  double temperature;

  struct example_text text;
  struct example_streams streams;
  struct example_trainer trainer;
  thalnet_state *evaluated; /* the memory of the segments that are measured */
  int32_t *tokens, *labels; /* a batch of each */
  uint8_t *resets;
  float *logits;
  double *sums;
};

/* --- the command line ------------------------------------------------------------------------------------------------ */

/* Both models of a kind of data have about as many parameters; those of the paper's are its own. */
static const struct example_defaults for_files = {
    .network = {.modules = 4, .features = 96, .context = 72, .layers = 1, .units = 322, .budget = 360000},
    .epochs = 5,
    .batch = 64,
    .rate = 4e-3};
static const struct example_defaults as_in_the_paper = {.network = {.connect = "ends",
                                                                    .modules = 4,
                                                                    .dense = 400,
                                                                    .features = 600,
                                                                    .context = 400,
                                                                    .layers = 1,
                                                                    .units = 2000,
                                                                    .budget = 14100000},
                                                        .epochs = 5,
                                                        .batch = 100,
                                                        .rate = 1e-3};
static const struct example_defaults for_grammar = {
    .network = {.modules = 4, .features = 48, .context = 36, .layers = 1, .units = 162, .budget = 100000},
    .epochs = 6,
    .batch = 32,
    .rate = 6e-3};

static void add_options(struct text8 *p) {
  struct example_settings *s = &p->settings;
  struct example_program *program = &s->command;
  const struct example_option data[] = {
      EXAMPLE_OPTIONS_HEADING("Data"),
      {EXAMPLE_TEXT, "data", "FILE",
       "any text, plain or .gz (see fetch_data.sh); without it, sentences\n"
       "that this program writes itself",
       &s->data, 0, 0},
      {EXAMPLE_COUNT, "bytes", "N", "take the first N bytes of it only", &p->bytes, 1, INT32_MAX},
      {EXAMPLE_COUNT, "steps-per-frame", "N", "steps of the network a character (2; plain GRU: 1)", &p->steps_per_frame,
       1, 64},
      {EXAMPLE_COUNT, "window", "N", "characters that gradients flow back through (50)", &p->window, 1, 100000},
      {EXAMPLE_COUNT, "segments", "N", "parts of a text that are measured side by side (50)", &p->segments, 1, 10000},
      {EXAMPLE_COUNT, "warmup-characters", "N", "read before each of them without being counted (500)",
       &p->warmup_characters, 0, 1e6},
  };
  const struct example_option preset[] = {
      EXAMPLE_OPTIONS_HEADING("Preset"),
      {EXAMPLE_CHOICE, "preset", "default|paper",
       "default: 4 GRU modules, input to all, output from all;\n"
       "paper: 12 million parameters in 4 modules of a dense layer and a\n"
       "GRU, input at the first, output at the last; 2000 units as GRU",
       &p->preset, 0, 0},
  };
  const struct example_option samples[] = {
      {EXAMPLE_COUNT, "sample", "N", "write so many characters with the network", &p->sample, 1, 1e7},
      {EXAMPLE_TEXT, "prompt", "TEXT", "that go on from there", &p->prompt, 0, 0},
      {EXAMPLE_NUMBER, "temperature", "X", "0: always the likeliest, 1: as expected (1)", &p->temperature, 0, 100},
  };
  example_options_add(program, data, sizeof data / sizeof data[0]);
  example_options_add(program, preset, sizeof preset / sizeof preset[0]);
  example_network_add_options(&s->network, program);
  example_settings_add_training(s);
  example_settings_add_output(s);
  example_options_add(program, samples, sizeof samples / sizeof samples[0]);
}

/* Returns -1 when the program should go on, otherwise its exit code. */
static int parse(struct text8 *p, int argc, char **argv) {
  struct example_settings *s = &p->settings;
  p->bytes = 0;
  p->window = 50;
  p->segments = 50;
  p->warmup_characters = 500;
  p->steps_per_frame = p->sample = -1;
  p->temperature = -1.0;
  example_settings_start(s, "text8", "Trains a ThalNet, or a GRU, to say which character of a text comes next.");
  s->batch_option = "streams";
  s->batch_help = "places of the text that are read side by side";
  add_options(p);
  int code = example_options_parse(&p->settings.command, argc, argv);
  int paper = p->preset && strcmp(p->preset, "paper") == 0;
  if (code < 0) code = example_settings_finish(s, paper ? &as_in_the_paper : s->data ? &for_files : &for_grammar);
  if (code >= 0) return code;
  if (p->bytes > 0 && !s->data) {
    example_complain("text8", "--bytes needs --data");
    return EXAMPLE_EXIT_USAGE;
  }
  if (p->sample < 0 && (p->prompt || p->temperature >= 0.0)) {
    example_complain("text8", "--prompt and --temperature need --sample");
    return EXAMPLE_EXIT_USAGE;
  }
  if (p->steps_per_frame < 0) p->steps_per_frame = strcmp(s->network.model, "gru") == 0 ? 1 : 2;
  if (p->temperature < 0.0) p->temperature = 1.0;
  if (!p->prompt) p->prompt = "";
  return -1;
}

/* --- data ------------------------------------------------------------------------------------------------------------ */

static int check_prompt(const struct text8 *p, struct example_error *error) {
  for (const char *c = p->prompt; *c; c++)
    if (p->text.tokens[(uint8_t)*c] < 0)
      return example_fail(error, "--prompt: its character '%c' (%u) does not occur in the text", *c, (uint8_t)*c);
  return 0;
}

static int load_data(struct text8 *p) {
  struct example_settings *s = &p->settings;
  struct example_error error = {""};
  int status =
      s->data ? example_load_text(s->data, (size_t)p->bytes, &p->text, &error) : example_write_text(&p->text, &error);
  if (!status) {
    p->text.train.count = (size_t)(s->train_share * (double)p->text.train.count);
    status = check_prompt(p, &error);
  }
  if (!status && !s->load)
    status = example_streams_start(&p->streams, p->text.train, (size_t)s->batch, (size_t)p->window, &error);
  if (status) {
    example_complain("text8", "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  if (s->quiet) return EXAMPLE_EXIT_SUCCESS;
  printf("data: %s", s->data ? s->data : "sentences written by this program, NOT text8 (--data is for that)");
  printf("; %zu characters for training, %zu for validation, %zu for the test; %zu different ones\n",
         p->text.train.count, p->text.validation.count, p->text.test.count, p->text.kinds);
  return EXAMPLE_EXIT_SUCCESS;
}

/* The network has one input and one output, both of characters and both with the same number of steps for each. */
static void describe_ports(struct text8 *p) {
  struct example_ports *ports = &p->trainer.network.ports;
  p->trainer.network = p->settings.network;
  ports->input = "character";
  ports->input_count = 1;
  ports->input_sizes[0] = p->text.kinds;
  ports->tokens = 1;
  ports->output = "next";
  ports->output_size = p->text.kinds;
  ports->steps_per_frame = (int32_t)p->steps_per_frame;
}

/* Begins a batch with what is in p->tokens, p->labels and, where there are any, p->resets. */
static thalnet_status set_batch(struct text8 *p, thalnet_batch *batch, size_t sequences, size_t frames, int resets) {
  const struct example_ports *ports = &p->trainer.network.ports;
  size_t count = sequences * frames;
  thalnet_status status = thalnet_batch_begin(batch, sequences, frames);
  if (!status) status = thalnet_batch_set_tokens(batch, ports->inputs[0], p->tokens, count);
  if (!status && resets) status = thalnet_batch_set_resets(batch, p->resets, count);
  for (size_t o = 0; o < ports->output_count && !status; o++)
    status = thalnet_batch_set_labels(batch, ports->outputs[o], p->labels, count);
  return status;
}

/* The next window of every stream. The trainer carries the memory from window to window. */
static thalnet_status load_window(void *context, thalnet_batch *batch, size_t epoch, size_t step) {
  struct text8 *p = context;
  example_streams_epoch(&p->streams, (uint64_t)p->settings.seed, epoch);
  int resets = example_streams_window(&p->streams, step, p->tokens, p->labels, p->resets);
  return set_batch(p, batch, p->streams.streams, p->streams.window, resets);
}

/* --- evaluation ------------------------------------------------------------------------------------------------------ */

/* Nats that the labels of the computed batch cost. Several outputs are averaged as probabilities, so that their losses
 * alone do not tell. */
static thalnet_status cost(struct text8 *p, size_t count, double *nats) {
  const struct example_ports *ports = &p->trainer.network.ports;
  thalnet_batch *batch = p->trainer.evaluation;
  size_t kinds = p->text.kinds;
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
  struct text8 *p = context;
  struct example_characters text = part == EXAMPLE_TEST         ? p->text.test
                                   : part == EXAMPLE_VALIDATION ? p->text.validation
                                                                : p->text.train;
  if (text.count > p->text.validation.count) text.count = p->text.validation.count;
  struct example_segments segments = example_segments_make(text, (size_t)p->segments, (size_t)p->warmup_characters);
  double nats = 0.0;
  thalnet_status status = thalnet_state_reset(p->evaluated, NULL, 0);
  for (size_t first = 0; first < segments.frames && !status; first += EVALUATION_WINDOW) {
    size_t left = segments.frames - first, frames = left < EVALUATION_WINDOW ? left : EVALUATION_WINDOW;
    double window = 0.0;
    int resets = example_segments_window(&segments, first, frames, p->tokens, p->labels, p->resets);
    status = set_batch(p, p->trainer.evaluation, segments.segments, frames, resets);
    if (!status) status = thalnet_forward(p->trainer.net, p->trainer.evaluation, p->evaluated);
    if (!status) status = cost(p, segments.segments * frames, &window);
    nats += window;
  }
  *bits_out = nats / nats_a_bit / (double)text.count;
  return status;
}

/* Routing is measured on the beginnings of some segments of the validation text. */
static thalnet_status load_routing(void *context, thalnet_batch *batch) {
  struct text8 *p = context;
  struct example_segments segments = example_segments_make(p->text.validation, (size_t)p->segments, 0);
  size_t frames = segments.frames < EVALUATION_WINDOW ? segments.frames : EVALUATION_WINDOW;
  int resets = example_segments_window(&segments, 0, frames, p->tokens, p->labels, p->resets);
  return set_batch(p, batch, segments.segments, frames, resets);
}

static int sample(void *context) {
  struct text8 *p = context;
  if (p->sample < 0) return EXAMPLE_EXIT_SUCCESS;
  thalnet_status status = example_sample(p->trainer.net, &p->trainer.network.ports, &p->text, p->prompt,
                                         (size_t)p->sample, p->temperature, (uint64_t)p->settings.seed, stdout);
  return status ? example_library_failed("text8", status) : EXAMPLE_EXIT_SUCCESS;
}

/* --- the program ----------------------------------------------------------------------------------------------------- */

static int describe_task(struct text8 *p) {
  static const struct example_scale bits = {"bpc", "characters", 1};
  size_t streams = (size_t)p->settings.batch, window = (size_t)p->window, segments = (size_t)p->segments;
  const struct example_task task = {.context = p,
                                    .scale = &bits,
                                    .sequences = streams,
                                    .frames = window,
                                    .evaluation_sequences = segments,
                                    .evaluation_frames = EVALUATION_WINDOW,
                                    .steps = p->streams.length / window,
                                    .carry = 1,
                                    .measure_train = 1,
                                    .load = load_window,
                                    .evaluate = evaluate,
                                    .load_routing = load_routing,
                                    .finish = sample,
                                    .fingerprint = UINT64_C(14695981039346656037)};
  p->trainer.task = task;
  for (size_t i = 0; i < p->text.train.count; i++) /* FNV-1a */
    p->trainer.task.fingerprint = (p->trainer.task.fingerprint ^ p->text.train.tokens[i]) * UINT64_C(1099511628211);
  size_t training = streams * window, evaluation = segments * EVALUATION_WINDOW;
  size_t room = training > evaluation ? training : evaluation;
  p->tokens = calloc(room, sizeof *p->tokens);
  p->labels = calloc(room, sizeof *p->labels);
  p->resets = calloc(room, sizeof *p->resets);
  p->logits = calloc(evaluation * p->text.kinds, sizeof *p->logits);
  p->sums = calloc(evaluation * p->text.kinds, sizeof *p->sums);
  if (p->tokens && p->labels && p->resets && p->logits && p->sums) return EXAMPLE_EXIT_SUCCESS;
  example_complain("text8", "no memory for a batch of %zu characters", room);
  return EXAMPLE_EXIT_FAILURE;
}

static int run(struct text8 *p) {
  p->trainer.settings = &p->settings;
  int code = load_data(p);
  if (code) return code;
  describe_ports(p);
  code = describe_task(p);
  if (!code) code = example_prepare(&p->trainer); /* builds the network */
  if (code) return code;
  thalnet_state_options carried = THALNET_STATE_OPTIONS_INIT;
  carried.live = 0; /* batches advance it */
  thalnet_status status = thalnet_state_create(p->trainer.net, (size_t)p->segments, &carried, &p->evaluated);
  return status ? example_library_failed("text8", status) : example_run(&p->trainer); /* trains and tests it */
}

int main(int argc, char **argv) {
  static struct text8 p;
  p.trainer.started = example_seconds();
  int code = parse(&p, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  code = run(&p);
  example_trainer_free(&p.trainer);
  thalnet_state_free(p.evaluated);
  example_text_free(&p.text);
  free(p.tokens);
  free(p.labels);
  free(p.resets);
  free(p.logits);
  free(p.sums);
  return code;
}
