/* SPDX-License-Identifier: MIT */
/* A workload in libthalnet: the network, a batch of random data, an optimizer. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <thalnet/thalnet.h>

#include "workload.h"

struct bench_session {
  struct bench_workload workload;
  int32_t reader;   /* THALNET_WEIGHT_NORM or so; looked at where the workload has a context */
  int32_t threads;  /* 1 or more */
  int32_t training; /* 0: the batch is for evaluation */
  /* the rest is opened */
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_optimizer *optimizer;
  int32_t input, output;
  float *values, *answers;
  int32_t *tokens, *labels;
};

/* Ends a check: says what the library says, returns whether status is an error. */
int bench_failed(thalnet_status status, const char *what);

/* The network that the session describes, not built yet. options: NULL or the session's own ones. */
int bench_declare(struct bench_session *s, const thalnet_center_options *options);

/* These take a struct bench_session, as offers of a contender do. */
int bench_open(void *session);
int bench_train(void *session);    /* one batch: its data, forward and backward, a step of Adam */
int bench_evaluate(void *session); /* one batch: its data, forward, the outputs that labels would belong to */
void bench_close(void *session);

#endif
