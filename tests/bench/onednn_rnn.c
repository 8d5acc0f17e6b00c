/* SPDX-License-Identifier: MIT */
#include "onednn_rnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contender.h"

void bench_dnnl(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return;
  fprintf(stderr, "oneDNN: %s: status %d\n", what, (int)status);
  exit(EXIT_FAILURE);
}

/* --- descriptions of memory ------------------------------------------------------------------------------------------ */

static dnnl_memory_desc_t describe(int rank, const dnnl_dims_t sizes, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t d;
  bench_dnnl(dnnl_memory_desc_init_by_tag(&d, rank, sizes, dnnl_f32, tag), "memory description");
  return d;
}

/* What a primitive computes with; `any` leaves the order of weights to it. */
struct descriptions {
  dnnl_memory_desc_t x, y, memory, weights[BENCH_RNN_PARAMETERS], any[BENCH_RNN_PARAMETERS], none;
};

static void describe_all(struct descriptions *d, const struct bench_rnn_shape *s) {
  dnnl_dim_t frames = (dnnl_dim_t)s->frames, sequences = (dnnl_dim_t)s->sequences, input = (dnnl_dim_t)s->input;
  dnnl_dim_t units = (dnnl_dim_t)s->units, layers = (dnnl_dim_t)s->layers;
  d->x = describe(3, (dnnl_dims_t){frames, sequences, input}, dnnl_tnc);
  d->y = describe(3, (dnnl_dims_t){frames, sequences, units}, dnnl_tnc);
  d->memory = describe(4, (dnnl_dims_t){layers, 1, sequences, units}, dnnl_ldnc);
  d->weights[0] = describe(5, (dnnl_dims_t){layers, 1, input, 3, units}, dnnl_ldigo);
  d->weights[1] = describe(5, (dnnl_dims_t){layers, 1, units, 3, units}, dnnl_ldigo);
  d->weights[2] = describe(4, (dnnl_dims_t){layers, 1, s->lbr ? 4 : 3, units}, dnnl_ldgo);
  d->any[0] = describe(5, d->weights[0].dims, dnnl_format_tag_any);
  d->any[1] = describe(5, d->weights[1].dims, dnnl_format_tag_any);
  d->any[2] = d->weights[2];
  memset(&d->none, 0, sizeof d->none);
  if (!s->stateful) d->memory = d->none;
}

static dnnl_memory_t wrap(dnnl_engine_t engine, const dnnl_memory_desc_t *d, float *values) {
  dnnl_memory_t memory;
  bench_dnnl(dnnl_memory_create(&memory, d, engine, values), "memory");
  return memory;
}

static float *numbers(const dnnl_memory_desc_t *d) { return bench_allocate(1, dnnl_memory_desc_get_size(d)); }

/* to_host: from the primitive's order to the host's, as gradients go. plain: the host's numbers, or NULL for new ones. */
static void open_tensor(struct bench_rnn_tensor *t, dnnl_engine_t engine, const dnnl_memory_desc_t *host,
                        const dnnl_memory_desc_t *packed, float *plain, int to_host) {
  dnnl_primitive_desc_t reorder;
  t->plain = plain ? plain : numbers(host);
  t->host = t->packed = wrap(engine, host, t->plain);
  t->reorder = NULL;
  if (dnnl_memory_desc_equal(host, packed)) return;
  t->packed = wrap(engine, packed, numbers(packed));
  const dnnl_memory_desc_t *from = to_host ? packed : host, *to = to_host ? host : packed;
  bench_dnnl(dnnl_reorder_primitive_desc_create(&reorder, from, engine, to, engine, NULL), "reorder");
  bench_dnnl(dnnl_primitive_create(&t->reorder, reorder), "reorder");
  bench_dnnl(dnnl_primitive_desc_destroy(reorder), "reorder");
}

static void reorder(const struct bench_rnn *r, const struct bench_rnn_tensor *t, int to_host) {
  if (!t->reorder) return;
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, to_host ? t->packed : t->host},
                                 {DNNL_ARG_TO, to_host ? t->host : t->packed}};
  bench_dnnl(dnnl_primitive_execute(t->reorder, r->stream, 2, arguments), "reorder");
}

/* --- primitives ------------------------------------------------------------------------------------------------------ */

static dnnl_primitive_desc_t describe_forward(const struct descriptions *d, const struct bench_rnn_shape *s,
                                              dnnl_engine_t engine) {
  dnnl_rnn_desc_t rnn;
  dnnl_primitive_desc_t result;
  dnnl_prop_kind_t kind = s->training ? dnnl_forward_training : dnnl_forward_inference;
  bench_dnnl((s->lbr ? dnnl_lbr_gru_forward_desc_init
                     : dnnl_gru_forward_desc_init)(&rnn, kind, dnnl_unidirectional_left2right, &d->x, &d->memory,
                                                   &d->any[0], &d->any[1], &d->any[2], &d->y, &d->memory, 0),
             "forward");
  bench_dnnl(dnnl_primitive_desc_create(&result, &rnn, NULL, engine, NULL), "forward");
  return result;
}

static dnnl_primitive_desc_t describe_backward(const struct descriptions *d, const struct bench_rnn_shape *s,
                                               dnnl_engine_t engine, dnnl_primitive_desc_t forward) {
  dnnl_rnn_desc_t rnn;
  dnnl_primitive_desc_t result;
  bench_dnnl((s->lbr ? dnnl_lbr_gru_backward_desc_init : dnnl_gru_backward_desc_init)(
                 &rnn, dnnl_backward, dnnl_unidirectional_left2right, &d->x, &d->none, &d->any[0], &d->any[1],
                 &d->any[2], &d->y, &d->none, &d->x, &d->none, &d->any[0], &d->any[1], &d->any[2], &d->y, &d->none, 0),
             "backward");
  bench_dnnl(dnnl_primitive_desc_create(&result, &rnn, NULL, engine, forward), "backward");
  return result;
}

static void pass(dnnl_exec_arg_t *arguments, int *count, int argument, dnnl_memory_t memory) {
  arguments[(*count)++] = (dnnl_exec_arg_t){argument, memory};
}

static const int weight_arguments[] = {DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_BIAS};
static const int gradient_arguments[] = {DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER, DNNL_ARG_DIFF_BIAS};

static void open_backward(struct bench_rnn *r, const struct descriptions *d, const struct bench_rnn_shape *shape,
                          dnnl_primitive_desc_t forward, dnnl_memory_t x, dnnl_memory_t y) {
  dnnl_exec_arg_t *a = r->backward_arguments;
  int *count = &r->backward_count;
  dnnl_primitive_desc_t backward = describe_backward(d, shape, r->engine, forward);
  const dnnl_memory_desc_t *space = dnnl_primitive_desc_query_md(forward, dnnl_query_workspace_md, 0);
  dnnl_memory_t workspace = wrap(r->engine, space, DNNL_MEMORY_ALLOCATE);
  pass(r->forward_arguments, &r->forward_count, DNNL_ARG_WORKSPACE, workspace);
  pass(a, count, DNNL_ARG_WORKSPACE, workspace);
  pass(a, count, DNNL_ARG_SRC_LAYER, x);
  pass(a, count, DNNL_ARG_DST_LAYER, y);
  for (int i = 0; i < BENCH_RNN_PARAMETERS; i++) {
    const dnnl_memory_desc_t *weights = dnnl_primitive_desc_query_md(backward, dnnl_query_weights_md, i);
    const dnnl_memory_desc_t *gradient = dnnl_primitive_desc_query_md(backward, dnnl_query_diff_weights_md, i);
    open_tensor(&r->weights_back[i], r->engine, &d->weights[i], weights, r->weights[i].plain, 0);
    open_tensor(&r->gradients[i], r->engine, &d->weights[i], gradient, NULL, 1);
    pass(a, count, weight_arguments[i], r->weights_back[i].packed);
    pass(a, count, gradient_arguments[i], r->gradients[i].packed);
  }
  pass(a, count, DNNL_ARG_DIFF_SRC_LAYER, wrap(r->engine, &d->x, r->dx));
  pass(a, count, DNNL_ARG_DIFF_DST_LAYER, wrap(r->engine, &d->y, r->dy));
  bench_dnnl(dnnl_primitive_create(&r->backward, backward), "backward");
  bench_dnnl(dnnl_primitive_desc_destroy(backward), "backward");
}

void bench_rnn_open(struct bench_rnn *r, const struct bench_rnn_shape *shape, dnnl_engine_t engine,
                    dnnl_stream_t stream, float *x, float *dx) {
  struct descriptions d;
  memset(r, 0, sizeof *r);
  r->engine = engine, r->stream = stream;
  describe_all(&d, shape);
  r->x = x ? x : numbers(&d.x);
  r->y = numbers(&d.y);
  if (shape->training) r->dx = dx ? dx : numbers(&d.x), r->dy = numbers(&d.y);

  dnnl_primitive_desc_t forward = describe_forward(&d, shape, engine);
  dnnl_exec_arg_t *a = r->forward_arguments;
  int *count = &r->forward_count;
  dnnl_memory_t inputs = wrap(engine, &d.x, r->x), outputs = wrap(engine, &d.y, r->y);
  pass(a, count, DNNL_ARG_SRC_LAYER, inputs);
  pass(a, count, DNNL_ARG_DST_LAYER, outputs);
  for (int i = 0; i < BENCH_RNN_PARAMETERS; i++) {
    const dnnl_memory_desc_t *packed = dnnl_primitive_desc_query_md(forward, dnnl_query_weights_md, i);
    open_tensor(&r->weights[i], engine, &d.weights[i], packed, NULL, 0);
    r->counts[i] = dnnl_memory_desc_get_size(&d.weights[i]) / sizeof(float);
    bench_fill(r->weights[i].plain, r->counts[i], -0.1f, 0.1f);
    pass(a, count, weight_arguments[i], r->weights[i].packed);
  }
  if (shape->stateful) {
    r->memory_before = numbers(&d.memory), r->memory_after = numbers(&d.memory);
    pass(a, count, DNNL_ARG_SRC_ITER, wrap(engine, &d.memory, r->memory_before));
    pass(a, count, DNNL_ARG_DST_ITER, wrap(engine, &d.memory, r->memory_after));
  }
  if (shape->training) open_backward(r, &d, shape, forward, inputs, outputs);
  bench_dnnl(dnnl_primitive_create(&r->forward, forward), "forward");
  bench_dnnl(dnnl_primitive_desc_destroy(forward), "forward");
}

/* --- computing ------------------------------------------------------------------------------------------------------- */

void bench_rnn_pack(struct bench_rnn *r) {
  for (int i = 0; i < BENCH_RNN_PARAMETERS; i++) {
    reorder(r, &r->weights[i], 0);
    if (r->backward) reorder(r, &r->weights_back[i], 0);
  }
}

void bench_rnn_forward(struct bench_rnn *r) {
  bench_dnnl(dnnl_primitive_execute(r->forward, r->stream, r->forward_count, r->forward_arguments), "forward");
}

/* The primitive adds to the gradients of the parameters. */
void bench_rnn_backward(struct bench_rnn *r) {
  for (int i = 0; i < BENCH_RNN_PARAMETERS; i++) {
    void *values;
    bench_dnnl(dnnl_memory_get_data_handle(r->gradients[i].packed, &values), "gradients");
    const dnnl_memory_desc_t *d;
    bench_dnnl(dnnl_memory_get_memory_desc(r->gradients[i].packed, &d), "gradients");
    memset(values, 0, dnnl_memory_desc_get_size(d));
  }
  bench_dnnl(dnnl_primitive_execute(r->backward, r->stream, r->backward_count, r->backward_arguments), "backward");
  for (int i = 0; i < BENCH_RNN_PARAMETERS; i++) reorder(r, &r->gradients[i], 1);
}
