/* SPDX-License-Identifier: MIT */
/* What BLAS alone can do: its peak, and the matrix products of each workload with nothing else in between. Steps that depend
 * on each other are products of one batch's rows; all others are one product over all steps. */
#include <cblas.h>

#include <stdio.h>

#include "contender.h"

enum { PRODUCTS_MAX = 16, GROUPS_MAX = 4, OFFERS = 8 };

/* y = x w^T, with w [out, in]. */
struct product {
  size_t in, out;
  size_t calls, rows; /* of the forward pass, rows a call */
  int needs_inputs;   /* backward computes the gradient of x too */
  float *x, *y, *w, *dw;
};

/* The products whose steps follow each other in turn; a stack of layers has one group a layer. */
struct group {
  size_t count;
  struct product products[PRODUCTS_MAX];
};

struct floor_run {
  struct bench_workload workload;
  int training;
  size_t count;
  struct group groups[GROUPS_MAX];
  float *dx; /* one for all */
};

/* --- which products there are ---------------------------------------------------------------------------------------- */

static void add(struct group *g, size_t in, size_t out, size_t calls, size_t rows, int needs_inputs) {
  struct product p = {.in = in, .out = out, .calls = calls, .rows = rows, .needs_inputs = needs_inputs};
  g->products[g->count++] = p;
}

/* A stack: what a layer's input weights do is one product over all steps. */
static void list_stack(struct floor_run *f) {
  const struct bench_workload *w = &f->workload;
  for (size_t layer = 0; layer < w->layers; layer++) {
    struct group *g = &f->groups[f->count++];
    size_t in = layer ? w->units : w->input;
    if (layer || !w->tokens) add(g, in, 3 * w->units, 1, w->sequences * w->frames, layer > 0);
    add(g, w->units, 3 * w->units, w->frames, w->sequences, 1);
  }
}

/* Modules around a center: all contexts of a step are one product. */
static void list_modules(struct floor_run *f) {
  const struct bench_workload *w = &f->workload;
  struct group *g = &f->groups[f->count++];
  if (!w->tokens) add(g, w->input, w->dense, 1, w->sequences * w->frames, 0);
  add(g, w->modules * w->units, w->modules * w->context, w->frames, w->sequences, 1);
  for (size_t i = 0; i < w->modules; i++) {
    add(g, w->context, w->dense, w->frames, w->sequences, 1);
    add(g, w->dense, 3 * w->units, w->frames, w->sequences, 1);
    add(g, w->units, 3 * w->units, w->frames, w->sequences, 1);
  }
}

static int prepare(void *context) {
  struct floor_run *f = context;
  const struct bench_workload *w = &f->workload;
  size_t dx = 1;
  f->count = 0;
  if (w->context) {
    list_modules(f);
  } else {
    list_stack(f);
  }
  size_t labels = w->sequences * (w->every_frame ? w->frames : 1);
  add(&f->groups[f->count - 1], w->units, w->classes, 1, labels, 1);
  for (size_t i = 0; i < f->count; i++) {
    for (size_t j = 0; j < f->groups[i].count; j++) {
      struct product *p = &f->groups[i].products[j];
      size_t all = p->calls * p->rows;
      p->x = bench_allocate(all * p->in, sizeof(float));
      p->y = bench_allocate(all * p->out, sizeof(float));
      p->w = bench_allocate(p->in * p->out, sizeof(float));
      bench_fill(p->x, all * p->in, -1, 1);
      bench_fill(p->w, p->in * p->out, -0.1f, 0.1f);
      if (!f->training) continue;
      p->dw = bench_allocate(p->in * p->out, sizeof(float));
      if (p->rows * p->in > dx) dx = p->rows * p->in;
    }
  }
  if (f->training) f->dx = bench_allocate(dx, sizeof(float));
  return 0;
}

/* --- computing ------------------------------------------------------------------------------------------------------- */

static void multiply(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, size_t m, size_t n, size_t k, const float *a,
                     const float *b, float *c) {
  int lda = (int)(ta == CblasNoTrans ? k : m), ldb = (int)(tb == CblasNoTrans ? n : k);
  cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, 1.0f, a, lda, b, ldb, 0.0f, c, (int)n);
}

static void forward(const struct group *g, size_t steps) {
  for (size_t t = 0; t < steps; t++) {
    for (size_t i = 0; i < g->count; i++) {
      const struct product *p = &g->products[i];
      size_t row = t * p->rows;
      if (t >= p->calls) continue;
      multiply(CblasNoTrans, CblasTrans, p->rows, p->out, p->in, p->x + row * p->in, p->w, p->y + row * p->out);
    }
  }
}

/* The outputs serve as their own gradients: only the work matters. */
static void backward(const struct group *g, size_t steps, float *dx) {
  for (size_t t = steps; t-- > 0;) {
    for (size_t i = g->count; i-- > 0;) {
      const struct product *p = &g->products[i];
      if (t >= p->calls || !p->needs_inputs) continue;
      multiply(CblasNoTrans, CblasNoTrans, p->rows, p->in, p->out, p->y + t * p->rows * p->out, p->w, dx);
    }
  }
  for (size_t i = 0; i < g->count; i++) {
    const struct product *p = &g->products[i];
    multiply(CblasTrans, CblasNoTrans, p->out, p->in, p->calls * p->rows, p->y, p->x, p->dw);
  }
}

static int compute(void *context) {
  struct floor_run *f = context;
  for (size_t i = 0; i < f->count; i++) forward(&f->groups[i], f->workload.frames);
  if (!f->training) return 0;
  for (size_t i = f->count; i-- > 0;) backward(&f->groups[i], f->workload.frames, f->dx);
  return 0;
}

struct peak {
  size_t n;
  float *a, *b, *c;
};

static int peak_prepare(void *context) {
  struct peak *p = context;
  float **matrices[] = {&p->a, &p->b, &p->c};
  for (size_t i = 0; i < 3; i++) {
    *matrices[i] = bench_allocate(p->n * p->n, sizeof(float));
    bench_fill(*matrices[i], p->n * p->n, -1, 1);
  }
  return 0;
}

static int peak_compute(void *context) {
  struct peak *p = context;
  multiply(CblasNoTrans, CblasNoTrans, p->n, p->n, p->n, p->a, p->b, p->c);
  return 0;
}

/* --- offers ---------------------------------------------------------------------------------------------------------- */

static struct bench_offer offers[OFFERS];
static struct floor_run runs[OFFERS];
static size_t count;

static void add_run(const char *name, const char *suffix, int training, int small) {
  struct floor_run *f = &runs[count];
  struct bench_offer *offer = &offers[count++];
  f->workload = bench_workload(name, small);
  f->training = training;
  snprintf(offer->name, sizeof offer->name, "%s-%s", name, suffix);
  offer->unit = bench_unit(&f->workload);
  offer->units = bench_units(&f->workload);
  offer->flops = training ? bench_training_flops(&f->workload) : bench_forward_flops(&f->workload);
  offer->context = f;
  offer->prepare = prepare;
  offer->call = compute;
}

int main(int argc, char **argv) {
  struct bench_arguments arguments = bench_parse(argc, argv);
  static struct peak peak;
  peak.n = arguments.small ? 512 : 2048;
  double n = (double)peak.n;
  offers[count++] = (struct bench_offer){.name = "peak",
                                         .unit = "products",
                                         .flops = 2 * n * n * n,
                                         .units = 1,
                                         .context = &peak,
                                         .prepare = peak_prepare,
                                         .call = peak_compute};
  add_run("W1", "train", 1, 0);
  add_run("W2", "train", 1, 0);
  add_run("W1", "infer-50", 0, 0);
  add_run("W2", "infer-50", 0, 0);
  add_run("W3", "train", 1, arguments.small);
  add_run("W4", "train", 1, arguments.small);
#ifdef OPENBLAS_VERSION
  openblas_set_num_threads(1);
  if (!arguments.memory) {
    bench_tell("OpenBLAS", openblas_get_config());
    bench_tell("OpenBLAS core", openblas_get_corename());
  }
#endif
  return bench_serve(offers, count, &arguments);
}
