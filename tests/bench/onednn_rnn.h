/* SPDX-License-Identifier: MIT */
/* GRU layers of equal width as one primitive of oneDNN, with plain parameters beside it that an optimizer can update. */
#ifndef BENCH_ONEDNN_RNN_H
#define BENCH_ONEDNN_RNN_H

#include <stddef.h>

#include <oneapi/dnnl/dnnl.h>

/* The parameters of a primitive: weights of the inputs, weights of the memory, biases. */
enum { BENCH_RNN_PARAMETERS = 3, BENCH_RNN_MEMORIES = 32 };

struct bench_rnn_shape {
  int lbr;      /* 1: reset after the product, as in cuDNN and libthalnet; 0: before */
  int training; /* 0: forward only */
  int stateful; /* 1: starts from and writes a memory; forward only */
  size_t layers, input, units, sequences, frames;
};

/* Numbers as the host sees them, and as the primitive wants them; one and the same where the two agree. */
struct bench_rnn_tensor {
  float *plain;
  dnnl_memory_t host, packed;
  dnnl_primitive_t reorder; /* NULL: they agree */
};

struct bench_rnn {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_t forward, backward;
  struct bench_rnn_tensor weights[BENCH_RNN_PARAMETERS], weights_back[BENCH_RNN_PARAMETERS];
  struct bench_rnn_tensor gradients[BENCH_RNN_PARAMETERS];
  size_t counts[BENCH_RNN_PARAMETERS];
  dnnl_exec_arg_t forward_arguments[BENCH_RNN_MEMORIES], backward_arguments[BENCH_RNN_MEMORIES];
  int forward_count, backward_count;
  float *x, *y, *dx, *dy;              /* [frame][sequence][value] */
  float *memory_before, *memory_after; /* stateful: [layer][sequence][value] */
};

/* x, dx: where the inputs are and their gradients go; NULL: memory of its own. Ends the program where oneDNN fails. */
void bench_rnn_open(struct bench_rnn *r, const struct bench_rnn_shape *shape, dnnl_engine_t engine,
                    dnnl_stream_t stream, float *x, float *dx);

/* Brings the parameters into the order that the primitives want; after every change of them. */
void bench_rnn_pack(struct bench_rnn *r);

void bench_rnn_forward(struct bench_rnn *r);
/* Fills gradients[].plain and dx from dy. */
void bench_rnn_backward(struct bench_rnn *r);

/* Ends the program if a call of oneDNN failed. */
void bench_dnnl(dnnl_status_t status, const char *what);

#endif
