/* SPDX-License-Identifier: MIT */
/* The stacked GRUs in oneDNN, both as its GRU (reset before the product) and as its LBR GRU (after). The output, its loss
 * and Adam, which are not oneDNN's, are products of its sgemm and plain loops. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "contender.h"
#include "onednn_rnn.h"

enum { OFFERS = 16, PARTS = 2, TENSORS = PARTS * BENCH_RNN_PARAMETERS + 2 };

/* As in session.c: the network hardly changes, and all numbers stay ordinary. */
static const float rate = 1e-6f;

struct tensor {
  size_t count;
  float *values, *gradient, *first, *second; /* the moments of Adam */
};

struct network {
  struct bench_workload workload;
  int lbr, training, live;
  size_t parts, tensors, step;
  struct bench_rnn rnns[PARTS]; /* layers of another input width need a primitive of their own */
  struct tensor all[TENSORS];
  float *logits; /* and their gradients */
  int *labels;
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static size_t answers(const struct network *n) {
  return n->workload.sequences * (n->workload.every_frame ? n->workload.frames : 1);
}

/* --- preparing ------------------------------------------------------------------------------------------------------- */

static void add_tensor(struct network *n, size_t size, float *values, float *gradient) {
  struct tensor *t = &n->all[n->tensors++];
  *t = (struct tensor){.count = size, .values = values, .gradient = gradient};
  if (!n->training) return;
  t->first = bench_allocate(size, sizeof(float));
  t->second = bench_allocate(size, sizeof(float));
}

static void add_rnn(struct network *n, size_t layers, size_t input) {
  const struct bench_workload *w = &n->workload;
  struct bench_rnn *r = &n->rnns[n->parts], *below = n->parts ? r - 1 : NULL;
  struct bench_rnn_shape shape = {n->lbr, n->training, n->live, layers, input, w->units, w->sequences, w->frames};
  bench_rnn_open(r, &shape, engine, stream, below ? below->y : NULL, below ? below->dy : NULL);
  for (int i = 0; i < BENCH_RNN_PARAMETERS; i++) {
    add_tensor(n, r->counts[i], r->weights[i].plain, r->gradients[i].plain);
  }
  bench_rnn_pack(r);
  n->parts++;
}

static int prepare(void *context) {
  struct network *n = context;
  const struct bench_workload *w = &n->workload;
  size_t head = w->units * w->classes;
  add_rnn(n, w->layers > 1 && w->input != w->units ? 1 : w->layers, w->input);
  if (w->layers > 1) add_rnn(n, w->layers - 1, w->units);
  add_tensor(n, head, bench_allocate(head, sizeof(float)), bench_allocate(head, sizeof(float)));
  add_tensor(n, w->classes, bench_allocate(w->classes, sizeof(float)), bench_allocate(w->classes, sizeof(float)));
  bench_fill(n->all[n->tensors - 2].values, head, -0.1f, 0.1f);
  n->logits = bench_allocate(answers(n) * w->classes, sizeof(float));
  n->labels = bench_allocate(answers(n), sizeof(int));
  bench_fill_integers(n->labels, answers(n), w->classes);
  return 0;
}

/* New inputs, as a host brings them every time; a token is a row with a single one. */
static void set_inputs(struct network *n) {
  const struct bench_workload *w = &n->workload;
  size_t rows = w->sequences * w->frames;
  float *x = n->rnns[0].x;
  memset(x, 0, rows * w->input * sizeof *x);
  for (size_t i = 0; i < (w->tokens ? rows : rows * w->input); i++) {
    x[w->tokens ? i * w->input + i * 7 % w->input : i] = w->tokens ? 1.0f : (float)(i * 7 % 256) / 256.0f;
  }
}

/* --- computing ------------------------------------------------------------------------------------------------------- */

static void multiply(char ta, char tb, size_t m, size_t n, size_t k, const float *a, const float *b, float *c) {
  dnnl_dim_t lda = (dnnl_dim_t)(ta == 'N' ? k : m), ldb = (dnnl_dim_t)(tb == 'N' ? n : k);
  bench_dnnl(
      dnnl_sgemm(ta, tb, (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1.0f, a, lda, b, ldb, 0.0f, c, (dnnl_dim_t)n),
      "sgemm");
}

/* Where the features that are answered begin: all frames, or the last one. */
static size_t answered(const struct network *n) {
  const struct bench_workload *w = &n->workload;
  return w->every_frame ? 0 : (w->frames - 1) * w->sequences * w->units;
}

static void forward(struct network *n) {
  const struct bench_workload *w = &n->workload;
  const struct tensor *weight = &n->all[n->tensors - 2], *bias = weight + 1;
  for (size_t i = 0; i < n->parts; i++) bench_rnn_forward(&n->rnns[i]);
  multiply('N', 'T', answers(n), w->classes, w->units, n->rnns[n->parts - 1].y + answered(n), weight->values,
           n->logits);
  for (size_t i = 0; i < answers(n); i++) {
    for (size_t k = 0; k < w->classes; k++) n->logits[i * w->classes + k] += bias->values[k];
  }
}

/* Logits become their own gradients under the mean cross-entropy. */
static void differentiate_loss(struct network *n) {
  size_t classes = n->workload.classes, rows = answers(n);
  for (size_t i = 0; i < rows; i++) {
    float *row = n->logits + i * classes, largest = row[0], sum = 0;
    for (size_t k = 1; k < classes; k++) largest = row[k] > largest ? row[k] : largest;
    for (size_t k = 0; k < classes; k++) sum += row[k] = expf(row[k] - largest);
    for (size_t k = 0; k < classes; k++) row[k] /= sum * (float)rows;
    row[n->labels[i]] -= 1.0f / (float)rows;
  }
}

static void backward(struct network *n) {
  const struct bench_workload *w = &n->workload;
  const struct tensor *weight = &n->all[n->tensors - 2], *bias = weight + 1;
  struct bench_rnn *top = &n->rnns[n->parts - 1];
  multiply('T', 'N', w->classes, w->units, answers(n), n->logits, top->y + answered(n), weight->gradient);
  memset(bias->gradient, 0, w->classes * sizeof(float));
  for (size_t i = 0; i < answers(n) * w->classes; i++) bias->gradient[i % w->classes] += n->logits[i];
  multiply('N', 'N', answers(n), w->units, w->classes, n->logits, weight->values, top->dy + answered(n));
  for (size_t i = n->parts; i-- > 0;) bench_rnn_backward(&n->rnns[i]);
}

static void update(struct tensor *t, float rate_now, float second_scale) {
  float *restrict w = t->values, *restrict m = t->first, *restrict v = t->second;
  const float *restrict g = t->gradient;
  for (size_t i = 0; i < t->count; i++) {
    m[i] = 0.9f * m[i] + 0.1f * g[i];
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    w[i] -= rate_now * m[i] / (sqrtf(v[i]) * second_scale + 1e-8f);
  }
}

static int train(void *context) {
  struct network *n = context;
  set_inputs(n);
  forward(n);
  differentiate_loss(n);
  backward(n);
  n->step++;
  float rate_now = rate / (1 - powf(0.9f, (float)n->step));
  float second_scale = 1 / sqrtf(1 - powf(0.999f, (float)n->step));
  for (size_t i = 0; i < n->tensors; i++) update(&n->all[i], rate_now, second_scale);
  for (size_t i = 0; i < n->parts; i++) bench_rnn_pack(&n->rnns[i]);
  return 0;
}

static int infer(void *context) {
  struct network *n = context;
  set_inputs(n);
  forward(n);
  for (size_t i = 0; n->live && i < n->parts; i++) {
    struct bench_rnn *r = &n->rnns[i];
    size_t layers = n->workload.layers > 1 && i ? n->workload.layers - 1 : 1;
    memcpy(r->memory_before, r->memory_after, layers * n->workload.units * sizeof(float));
  }
  return 0;
}

/* --- offers ---------------------------------------------------------------------------------------------------------- */

static struct bench_offer offers[OFFERS];
static struct network networks[OFFERS];
static size_t count;

static struct network *add(struct bench_workload w, const char *suffix, int lbr) {
  struct network *n = &networks[count];
  struct bench_offer *offer = &offers[count++];
  *n = (struct network){.workload = w, .lbr = lbr, .training = 1};
  snprintf(offer->name, sizeof offer->name, "%s-%s:%s", w.name, suffix, lbr ? "lbr_gru" : "gru");
  offer->unit = bench_unit(&w);
  offer->units = bench_units(&w);
  offer->flops = bench_training_flops(&w);
  offer->context = n;
  offer->prepare = prepare;
  offer->call = train;
  return n;
}

static void add_evaluation(const char *suffix, size_t sequences, size_t frames, int lbr) {
  struct bench_workload w = bench_workload("W1", 0);
  w.sequences = sequences, w.frames = frames;
  struct network *n = add(w, suffix, lbr);
  n->training = 0;
  n->live = frames == 1;
  offers[count - 1].flops = bench_forward_flops(&w);
  offers[count - 1].call = infer;
  if (n->live) offers[count - 1].unit = "steps";
}

int main(int argc, char **argv) {
  struct bench_arguments arguments = bench_parse(argc, argv);
  const dnnl_version_t *version = dnnl_version();
  char text[256];
  bench_dnnl(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
  bench_dnnl(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
  for (int lbr = 0; lbr < 2; lbr++) add(bench_workload("W1", 0), "train", lbr);
  for (int lbr = 0; lbr < 2; lbr++) add_evaluation("infer-50", 50, 28, lbr);
  for (int lbr = 0; lbr < 2; lbr++) add_evaluation("infer-1", 1, 28, lbr);
  for (int lbr = 0; lbr < 2; lbr++) add_evaluation("live", 1, 1, lbr);
  for (int lbr = 0; lbr < 2; lbr++) add(bench_workload("W3", arguments.small), "train", lbr);
  snprintf(text, sizeof text, "%d.%d.%d, instructions %d", version->major, version->minor, version->patch,
           (int)dnnl_get_effective_cpu_isa());
  if (!arguments.memory) bench_tell("oneDNN", text);
  return bench_serve(offers, count, &arguments);
}
