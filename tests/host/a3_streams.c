/* SPDX-License-Identifier: MIT */
/* Live inference: many streams of any age on one network, served by several threads. Streams rest in a parked state;
 * the ready ones are gathered into a live one, advanced together and put back. */
#include "host.h"

#include <pthread.h>

enum { THREADS = 4, PER_THREAD = 10, STREAMS = THREADS * PER_THREAD, ROUNDS = 60, INPUTS = 5, OUTPUTS = 3 };

static thalnet_center *build(void) {
  thalnet_center *net;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "frame", INPUTS, NULL, NULL);
  thalnet_center_add_output(net, "answer", OUTPUTS, THALNET_CROSS_ENTROPY, NULL, NULL);
  for (int i = 0; i < 3; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 7, NULL);
    thalnet_module_add_reader(module, i ? THALNET_WEIGHT_NORM : THALNET_GAUSSIAN, 5, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  DO(thalnet_center_build(net, 3));
  return net;
}

struct server {
  const thalnet_center *net;
  uint32_t random;
  float last[PER_THREAD][OUTPUTS];
  int failed;
};

/* Which of a thread's streams have a frame this time; the same for every way of serving. */
static size_t next_ready(uint32_t *random, size_t *ready, float *frames) {
  size_t count = 0;
  for (size_t i = 0; i < PER_THREAD; i++) {
    if (host_below(random, 3) == 0) {
      continue;
    }
    for (size_t k = 0; k < INPUTS; k++) {
      frames[count * INPUTS + k] = host_random(random);
    }
    ready[count++] = i;
  }
  return count;
}

static thalnet_status serve(struct server *server) {
  thalnet_state_options park = THALNET_STATE_OPTIONS_INIT;
  thalnet_state *parked = NULL, *live = NULL;
  size_t ready[PER_THREAD], places[PER_THREAD];
  float frames[PER_THREAD * INPUTS], answers[PER_THREAD * OUTPUTS];
  thalnet_status status;
  park.live = 0;
  status = thalnet_state_create(server->net, PER_THREAD, &park, &parked);
  if (!status) {
    status = thalnet_state_create(server->net, PER_THREAD, NULL, &live);
  }
  for (size_t i = 0; i < PER_THREAD; i++) {
    places[i] = i;
  }
  for (int round = 0; round < ROUNDS && !status; round++) {
    size_t count = next_ready(&server->random, ready, frames);
    status = thalnet_state_copy(live, places, parked, ready, count);
    if (!status) {
      status = thalnet_state_set_input(live, 0, frames, count * INPUTS);
    }
    if (!status) {
      status = thalnet_state_advance(server->net, live, count);
    }
    if (!status) {
      status = thalnet_state_read_output(live, 0, answers, count * OUTPUTS);
    }
    if (!status) {
      status = thalnet_state_copy(parked, ready, live, places, count);
    }
    for (size_t i = 0; i < count; i++) {
      memcpy(server->last[ready[i]], answers + i * OUTPUTS, sizeof server->last[0]);
      if (round % 20 == 19 && ready[i] % 4 == 0 && !status) {
        status = thalnet_state_reset(parked, &ready[i], 1);
      }
    }
  }
  thalnet_state_free(live);
  thalnet_state_free(parked);
  return status;
}

static void *work(void *argument) {
  struct server *server = argument;
  server->failed = serve(server) != THALNET_OK;
  return NULL;
}

/* The plain way: a state of its own for every stream, one step at a time. */
static void serve_singly(struct server *server) {
  thalnet_state *streams[PER_THREAD];
  size_t ready[PER_THREAD];
  float frames[PER_THREAD * INPUTS];
  for (size_t i = 0; i < PER_THREAD; i++) {
    DO(thalnet_state_create(server->net, 1, NULL, &streams[i]));
  }
  for (int round = 0; round < ROUNDS; round++) {
    size_t count = next_ready(&server->random, ready, frames);
    for (size_t i = 0; i < count; i++) {
      DO(thalnet_state_step(server->net, streams[ready[i]], frames + i * INPUTS, INPUTS, server->last[ready[i]],
                            OUTPUTS));
      if (round % 20 == 19 && ready[i] % 4 == 0) {
        DO(thalnet_state_reset(streams[ready[i]], NULL, 0));
      }
    }
  }
  for (size_t i = 0; i < PER_THREAD; i++) {
    thalnet_state_free(streams[i]);
  }
}

int main(void) {
  thalnet_center *net = build();
  struct server servers[THREADS], alone;
  pthread_t threads[THREADS];
  for (uint32_t k = 0; k < THREADS; k++) {
    servers[k] = (struct server){.net = net, .random = 17 * k};
    CHECK(pthread_create(&threads[k], NULL, work, &servers[k]) == 0);
  }
  for (uint32_t k = 0; k < THREADS; k++) {
    CHECK(pthread_join(threads[k], NULL) == 0);
  }
  for (uint32_t k = 0; k < THREADS; k++) {
    CHECK(!servers[k].failed);
    alone = (struct server){.net = net, .random = 17 * k};
    serve_singly(&alone);
    for (int i = 0; i < PER_THREAD; i++) {
      for (int o = 0; o < OUTPUTS; o++) {
        CHECK(fabsf(alone.last[i][o] - servers[k].last[i][o]) < 1e-5f);
      }
    }
  }
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
