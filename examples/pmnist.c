/* SPDX-License-Identifier: MIT */
/* Row-wise sequential permuted MNIST: a network sees an image of 28 x 28 pixels as 28 frames of 28 pixels, all pixels
 * rearranged in one fixed random order, and names the digit after the last frame.
 *
 * Start reading at run(), near the bottom: load data, build the network, train, report, save. The pages above it show how
 * a center is built, what a batch with final labels is, input dropout, an optimizer with a schedule, evaluation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/error.h"
#include "common/images.h"
#include "common/network.h"
#include "common/progress.h"
#include "common/random.h"
#include "common/report.h"
#include "common/system.h"
#include "pmnist_settings.h"

enum { EVALUATION_BATCH = 1000, ROUTING_BATCH = 200, WARMUP_STEPS = 200 };

struct pmnist {
  struct pmnist_settings settings;
  struct example_image_data data;

  thalnet_center *net;
  int32_t rows, digit; /* numbers of the input and the output */
  thalnet_batch *training, *evaluation;
  thalnet_optimizer *optimizer;

  float *pixels; /* one batch of each, as the library takes them */
  int32_t *labels;
  uint64_t *ids;
};

/* Says why a call of the library failed; its text names the call's offender. Returns the exit code. */
static int library_failed(thalnet_status status) {
  example_complain("pmnist", "%s", thalnet_error_text());
  if (status != THALNET_ERROR_NONFINITE) return EXAMPLE_EXIT_FAILURE;
  example_complain("pmnist", "training diverged: a smaller --lr may help");
  return EXAMPLE_EXIT_NONFINITE;
}

/* --- data ------------------------------------------------------------------------------------------------------------ */

static int load_data(struct pmnist *p) {
  const struct pmnist_settings *s = &p->settings;
  struct example_error error = {""};
  int status = s->data ? example_load_mnist(s->data, &p->data, &error) : example_draw_images(&p->data, &error);
  if (status) {
    example_complain("pmnist", "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  if (s->images >= 0 && (size_t)s->images < p->data.train.count) p->data.train.count = (size_t)s->images;
  example_permute_pixels(&p->data, (uint32_t)s->permutation);
  printf("data: %s%s", s->data ? "images in " : "digits drawn by this program, NOT MNIST (--data is for that)",
         s->data ? s->data : "");
  printf("; %zu for training, %zu for validation, %zu for the test\n", p->data.train.count, p->data.validation.count,
         p->data.test.count);
  return EXAMPLE_EXIT_SUCCESS;
}

/* Makes a batch of `count` images, those from number `first` on in the order given, or in their own order. */
static thalnet_status load_batch(struct pmnist *p, thalnet_batch *batch, const struct example_images *images,
                                 const uint32_t *order, size_t first, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t image = order ? order[first + i] : first + i;
    const uint8_t *pixels = images->pixels + image * EXAMPLE_PIXELS;
    for (size_t k = 0; k < EXAMPLE_PIXELS; k++) p->pixels[i * EXAMPLE_PIXELS + k] = (float)pixels[k] / 255.0f;
    p->labels[i] = images->labels[image];
    p->ids[i] = image; /* dropout belongs to the image, not to its place in the batch */
  }
  thalnet_status status = thalnet_batch_begin(batch, count, EXAMPLE_SIDE);
  if (!status) status = thalnet_batch_set_inputs(batch, p->rows, p->pixels, count * EXAMPLE_PIXELS);
  if (!status) status = thalnet_batch_set_final_labels(batch, p->digit, p->labels, count);
  if (!status) status = thalnet_batch_set_ids(batch, p->ids, count);
  return status;
}

/* --- network --------------------------------------------------------------------------------------------------------- */

static int build_network(struct pmnist *p) {
  struct example_network *network = &p->settings.network;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = (int32_t)p->settings.threads;
  thalnet_status status = example_network_fit(network, EXAMPLE_SIDE, EXAMPLE_DIGITS, EXAMPLE_PARAMETER_BUDGET);
  if (!status) status = thalnet_center_create(&options, &p->net);
  if (status) return library_failed(status);

  /* The center remembers the first of these calls that fails, and thalnet_center_build reports it. */
  thalnet_center_add_input(p->net, "rows", EXAMPLE_SIDE, NULL, &p->rows);
  thalnet_center_add_output(p->net, "digit", EXAMPLE_DIGITS, THALNET_CROSS_ENTROPY, NULL, &p->digit);
  example_network_add_modules(network, p->net, p->rows, p->digit);
  status = thalnet_center_build(p->net, (uint64_t)p->settings.seed);
  if (status) return library_failed(status);
  example_network_print(network, p->net);
  return EXAMPLE_EXIT_SUCCESS;
}

/* --- training -------------------------------------------------------------------------------------------------------- */

static size_t steps_an_epoch(const struct pmnist *p) {
  size_t batch = (size_t)p->settings.batch;
  return (p->data.train.count + batch - 1) / batch;
}

/* What training and evaluation need besides the network: two batches, the optimizer, and room for one batch's data. */
static int prepare(struct pmnist *p) {
  const struct pmnist_settings *s = &p->settings;
  size_t batch = (size_t)s->batch, room = batch > EVALUATION_BATCH ? batch : EVALUATION_BATCH;
  p->pixels = calloc(room * EXAMPLE_PIXELS, sizeof *p->pixels);
  p->labels = calloc(room, sizeof *p->labels);
  p->ids = calloc(room, sizeof *p->ids);
  if (!p->pixels || !p->labels || !p->ids) {
    example_complain("pmnist", "no memory for a batch of %zu sequences", room);
    return EXAMPLE_EXIT_FAILURE;
  }
  thalnet_batch_options training = THALNET_BATCH_OPTIONS_INIT, evaluation = THALNET_BATCH_OPTIONS_INIT;
  training.seed = (uint64_t)s->seed;
  evaluation.for_backward = 0; /* keeps no activations */
  thalnet_optimizer_options adam = THALNET_OPTIMIZER_OPTIONS_INIT;
  adam.clip_norm = 1.0;
  adam.rate = s->rate;
  adam.schedule = THALNET_SCHEDULE_COSINE;
  adam.total_steps = (uint64_t)s->epochs * steps_an_epoch(p);
  adam.warmup_steps = adam.total_steps > 5 * WARMUP_STEPS ? WARMUP_STEPS : adam.total_steps / 5;
  thalnet_status status = thalnet_batch_create(p->net, batch, EXAMPLE_SIDE, &training, &p->training);
  if (!status) status = thalnet_batch_set_input_dropout(p->training, p->rows, (float)s->dropout);
  if (!status) status = thalnet_batch_create(p->net, EVALUATION_BATCH, EXAMPLE_SIDE, &evaluation, &p->evaluation);
  if (!status) status = thalnet_optimizer_create(p->net, THALNET_ADAM, &adam, &p->optimizer);
  if (status) return library_failed(status);
  printf("training: Adam, rate %g, batch %ld, dropout %g, %ld epochs, seed %ld, permutation %ld, %ld thread%s\n",
         s->rate, s->batch, s->dropout, s->epochs, s->seed, s->permutation, s->threads, s->threads == 1 ? "" : "s");
  return EXAMPLE_EXIT_SUCCESS;
}

/* The share of images whose digit is the network's first choice. */
static thalnet_status evaluate(struct pmnist *p, const struct example_images *images, double *accuracy_out) {
  uint64_t correct = 0;
  for (size_t first = 0; first < images->count; first += EVALUATION_BATCH) {
    size_t left = images->count - first, count = left < EVALUATION_BATCH ? left : EVALUATION_BATCH;
    thalnet_measure measure = THALNET_MEASURE_INIT;
    thalnet_status status = load_batch(p, p->evaluation, images, NULL, first, count);
    if (!status) status = thalnet_forward(p->net, p->evaluation, NULL);
    if (!status) status = thalnet_batch_measure(p->evaluation, p->digit, &measure);
    if (status) return status;
    correct += measure.correct;
  }
  *accuracy_out = (double)correct / (double)images->count;
  return THALNET_OK;
}

/* Once through all training images in this epoch's order, or until a signal comes. */
static thalnet_status train_epoch(struct pmnist *p, uint32_t *order, size_t epoch, struct example_progress *progress) {
  size_t count = p->data.train.count, batch = (size_t)p->settings.batch;
  example_random_order(order, (uint32_t)count, (uint64_t)p->settings.seed, EXAMPLE_STREAM_ORDER + epoch);
  example_progress_epoch(progress, epoch);
  thalnet_status status = thalnet_batch_set_epoch(p->training, epoch); /* new dropout for every visit of an image */
  for (size_t first = 0; first < count && !status && !example_signal(); first += batch) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    size_t sequences = count - first < batch ? count - first : batch;
    status = load_batch(p, p->training, &p->data.train, order, first, sequences);
    if (!status) status = thalnet_forward_backward(p->net, p->training, NULL); /* NULL: sequences start from zero */
    if (!status) status = thalnet_step(p->optimizer, p->net);
    if (!status) status = thalnet_batch_measure(p->training, p->digit, &measure);
    if (!status) example_progress_step(progress, measure.loss_sum, measure.weight_sum, measure.correct, measure.labels);
  }
  example_progress_pause(progress);
  return status;
}

static int train(struct pmnist *p, struct example_result *result) {
  struct example_progress progress;
  thalnet_status status = THALNET_OK;
  uint32_t *order = calloc(p->data.train.count, sizeof *order);
  if (!order) {
    example_complain("pmnist", "no memory");
    return EXAMPLE_EXIT_FAILURE;
  }
  example_progress_start(&progress, (size_t)p->settings.epochs, steps_an_epoch(p));
  for (size_t epoch = 1; epoch <= progress.epochs && !status && !example_signal(); epoch++) {
    status = train_epoch(p, order, epoch, &progress);
    if (status || example_signal()) break;
    status = evaluate(p, &p->data.validation, &result->validation);
    if (!status) example_progress_report(&progress, result->validation);
  }
  example_progress_clear(&progress);
  free(order);
  result->units_per_second = example_progress_speed(&progress);
  return status ? library_failed(status) : EXAMPLE_EXIT_SUCCESS;
}

/* --- after training -------------------------------------------------------------------------------------------------- */

/* Routing is measured on some validation images. */
static thalnet_status load_routing_batch(struct pmnist *p) {
  size_t count = p->data.validation.count < ROUTING_BATCH ? p->data.validation.count : ROUTING_BATCH;
  return load_batch(p, p->evaluation, &p->data.validation, NULL, 0, count);
}

/* The test images are looked at once, here. */
static int report(struct pmnist *p, struct example_result *result) {
  thalnet_status status = evaluate(p, &p->data.test, &result->test);
  if (!status) {
    printf("test %.4f\n", result->test);
    status = load_routing_batch(p);
  }
  if (!status) status = example_print_routing(stdout, p->net, p->evaluation, THALNET_ROUTING_WEIGHT);
  return status ? library_failed(status) : EXAMPLE_EXIT_SUCCESS;
}

static int save(struct pmnist *p) {
  if (!p->settings.out) return EXAMPLE_EXIT_SUCCESS;
  thalnet_status status = load_routing_batch(p);
  if (status) return library_failed(status);
  return example_save("pmnist", p->settings.out, p->net, p->evaluation) ? EXAMPLE_EXIT_FAILURE : EXAMPLE_EXIT_SUCCESS;
}

static int run(struct pmnist *p) {
  struct example_result result = {.measure = "accuracy", .unit = "sequences"};
  double started = example_seconds();
  /* The library's own threads each call BLAS. Not every BLAS can be told, and that is fine. */
  (void)thalnet_blas_set_threads(1);
  int code = load_data(p);
  if (!code) code = build_network(p);
  if (!code) code = prepare(p);
  example_catch_signals();
  if (!code) code = train(p, &result);
  if (!code && example_signal()) {
    printf("interrupted: neither the last epoch's end nor the test was reached\n");
    code = save(p);
    return code ? code : EXAMPLE_EXIT_SIGNAL + example_signal();
  }
  if (!code) code = report(p, &result);
  if (!code) code = save(p);
  if (code) return code;
  result.parameters = thalnet_center_parameter_count(p->net);
  result.seconds = example_seconds() - started;
  example_print_result(&result);
  return EXAMPLE_EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  struct pmnist p;
  struct example_error error = {""};
  memset(&p, 0, sizeof p);
  int code = pmnist_settings_parse(&p.settings, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  if (p.settings.out && example_make_folder(p.settings.out, &error)) {
    example_complain("pmnist", "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  code = run(&p);
  thalnet_optimizer_free(p.optimizer); /* in any order */
  thalnet_batch_free(p.evaluation);
  thalnet_batch_free(p.training);
  thalnet_center_free(p.net);
  example_image_data_free(&p.data);
  free(p.pixels);
  free(p.labels);
  free(p.ids);
  return code;
}
