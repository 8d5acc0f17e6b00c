/* SPDX-License-Identifier: MIT */
/* A monkey at the interface: long random sequences of calls, sensible and foolish ones, with an allocator that fails
 * now and then. Every call gives a documented status, nothing crashes, and at the end nothing is left. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 4, ROOM = 4096 };

struct monkey {
  uint64_t random;
  struct support_memory memory;
  thalnet_memory hooks;
  struct support_io io;
  thalnet_io files;
  thalnet_center *nets[PLACES];
  thalnet_batch *batches[PLACES];
  thalnet_state *states[PLACES];
  thalnet_optimizer *optimizers[PLACES];
  int32_t owners[3][PLACES]; /* the place of the center of a batch, state or optimizer */
  float values[ROOM];
  int32_t integers[ROOM];
  uint8_t flags[ROOM];
  long calls;
};

static size_t below(struct monkey *m, size_t limit) {
  return (size_t)((double)(support_random(&m->random) + 1.0f) / 2.0 * (double)limit) % limit;
}

static int place(struct monkey *m) { return (int)below(m, PLACES); }

/* Mostly the right number, sometimes another. */
static size_t about(struct monkey *m, size_t right) {
  static const size_t others[] = {0, 1, 7, SIZE_MAX, SIZE_MAX / 4 + 1};
  if (right <= ROOM && below(m, 10) > 0) {
    return right;
  }
  return below(m, 2) ? others[below(m, 5)] : right + 1;
}

static int32_t number(struct monkey *m) {
  static const int32_t odd[] = {-1, 7, INT32_MAX, INT32_MIN};
  return below(m, 12) ? (int32_t)below(m, 3) : odd[below(m, 4)];
}

static void scribble(struct monkey *m) {
  for (size_t i = 0; i < 64; i++) {
    m->values[below(m, ROOM)] = support_random(&m->random) * 3.0f;
    m->integers[below(m, ROOM)] = (int32_t)below(m, 5) - 1;
    m->flags[below(m, ROOM)] = (uint8_t)below(m, 2);
  }
}

/* --- handles come and go ------------------------------------------------------------------------------------------ */

static thalnet_status make(struct monkey *m, int what, int at) {
  int net = place(m);
  size_t sequences = 1 + below(m, 5), frames = 1 + below(m, 4);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_batch_options batch = THALNET_BATCH_OPTIONS_INIT;
  thalnet_state_options state = THALNET_STATE_OPTIONS_INIT;
  thalnet_optimizer_options optimizer = THALNET_OPTIMIZER_OPTIONS_INIT;
  center.memory = &m->hooks;
  center.chunk_sequences = (int32_t)below(m, 4);
  center.settle_steps = (int32_t)below(m, 3);
  batch.for_backward = (int32_t)below(m, 3) > 0;
  batch.input_gradients = (int32_t)below(m, 2);
  batch.state_gradients = (int32_t)below(m, 2);
  state.live = (int32_t)below(m, 4) > 0;
  if (what == 0) {
    thalnet_center_free(m->nets[at]); /* others may hold it; for the host it is gone */
    for (int kind = 0; kind < 3; kind++) {
      for (int i = 0; i < PLACES; i++) {
        m->owners[kind][i] = m->owners[kind][i] == at ? -1 : m->owners[kind][i];
      }
    }
    return support_try_net((int32_t)below(m, SUPPORT_KINDS), &center, &m->nets[at]);
  }
  m->owners[what - 1][at] = net;
  if (what == 1) {
    thalnet_batch_free(m->batches[at]);
    return thalnet_batch_create(m->nets[net], sequences, frames, &batch, &m->batches[at]);
  }
  if (what == 2) {
    thalnet_state_free(m->states[at]);
    return thalnet_state_create(m->nets[net], sequences, &state, &m->states[at]);
  }
  thalnet_optimizer_free(m->optimizers[at]);
  optimizer.average = below(m, 2) ? 0.5 : 0;
  return thalnet_optimizer_create(m->nets[net], (int32_t)below(m, 5), &optimizer, &m->optimizers[at]);
}

/* The center of a batch or state, mostly. */
static thalnet_center *owner(struct monkey *m, int kind, int at) {
  int32_t net = below(m, 20) ? m->owners[kind][at] : place(m);
  return net < 0 ? NULL : m->nets[net];
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

static thalnet_status fill(struct monkey *m, int at) {
  int32_t net = m->owners[0][at];
  if (net < 0 || !m->nets[net]) {
    return thalnet_batch_begin(m->batches[at], 1, 1);
  }
  return support_try_fill(m->nets[net], m->batches[at], below(m, 7), below(m, 6), m->random);
}

static thalnet_status change_dropout(struct monkey *m, thalnet_batch *batch, int32_t n) {
  thalnet_dropout_options dropout = THALNET_DROPOUT_OPTIONS_INIT;
  if (below(m, 2)) {
    return thalnet_batch_set_variational_input_dropout(batch, n, support_random(&m->random));
  }
  dropout.contexts = below(m, 2) ? support_random(&m->random) : 0;
  dropout.features = below(m, 2) ? support_random(&m->random) : 0;
  dropout.modules = below(m, 2) ? 0.5f : 0;
  dropout.every_step = (int32_t)below(m, 2);
  return thalnet_batch_set_dropout(batch, &dropout);
}

static thalnet_status change_batch(struct monkey *m, thalnet_batch *batch, size_t which) {
  int32_t n = number(m);
  size_t count = below(m, 30);
  switch (which) {
  case 0: return thalnet_batch_begin(batch, below(m, 7), below(m, 6));
  case 1: return thalnet_batch_set_inputs(batch, n, m->values, count * 3);
  case 2: return thalnet_batch_set_tokens(batch, n, m->integers, count);
  case 3: return thalnet_batch_set_lengths(batch, m->integers, below(m, 6));
  case 4: return thalnet_batch_set_resets(batch, m->flags, count);
  case 5: return thalnet_batch_set_labels(batch, n, m->integers, count);
  case 6: return thalnet_batch_set_final_labels(batch, n, m->integers, below(m, 6));
  case 7: return thalnet_batch_set_targets(batch, n, m->values, count * 2);
  case 8: return thalnet_batch_set_final(batch, n);
  case 9: return thalnet_batch_set_weights(batch, n, m->values, below(m, 6));
  case 10: return thalnet_batch_set_input_dropout(batch, n, support_random(&m->random));
  case 11: return thalnet_batch_set_label_smoothing(batch, n, support_random(&m->random));
  case 12: return change_dropout(m, batch, n);
  default: return thalnet_batch_set_loss_weight(batch, n, support_random(&m->random));
  }
}

static thalnet_status ask_batch(struct monkey *m, thalnet_batch *batch, size_t which) {
  int32_t n = number(m);
  size_t count = below(m, 7) * below(m, 6) * (1 + below(m, 4));
  thalnet_measure measure = THALNET_MEASURE_INIT;
  double losses[8];
  switch (which) {
  case 0: return thalnet_batch_measure(batch, n, &measure);
  case 1: return thalnet_batch_read_losses(batch, n, losses, below(m, 8));
  case 2: return thalnet_batch_read_output(batch, n, m->values, count);
  case 3: return thalnet_batch_read_final_output(batch, n, m->values, count);
  case 4: return thalnet_batch_write_output_gradient(batch, n, m->values, count);
  case 5: return thalnet_batch_write_final_output_gradient(batch, n, m->values, count);
  case 6: return thalnet_batch_read_input_gradient(batch, n, m->values, count);
  default: return thalnet_batch_read_state_gradient(batch, m->values, count);
  }
}

static thalnet_status use_state(struct monkey *m, int at, size_t which) {
  thalnet_state *state = m->states[at];
  thalnet_center *net = owner(m, 1, at);
  size_t values = thalnet_state_values(state), rows = thalnet_state_rows(state), row = below(m, 6), other = below(m, 6);
  switch (which) {
  case 0: return thalnet_state_reset(state, &row, 1);
  case 1: return thalnet_state_copy(state, &row, m->states[place(m)], &other, 1);
  case 2: return thalnet_state_read(state, row, m->values, about(m, values));
  case 3: return thalnet_state_write(state, row, m->values, about(m, values));
  case 4: return thalnet_state_set_input(state, number(m), m->values, about(m, rows * 3));
  case 5: return thalnet_state_set_tokens(state, number(m), m->integers, about(m, rows));
  case 6: return thalnet_state_advance(net, state, below(m, 6));
  case 7: return thalnet_state_read_output(state, number(m), m->values, below(m, 30));
  default: return thalnet_state_step(net, state, m->values, rows * 3, m->values + 100, about(m, rows * 4));
  }
}

static thalnet_status use_net(struct monkey *m, thalnet_center *net, size_t which) {
  static const char *const names[] = {NULL, "outputs.0.bias", "modules.0.layers.0.weight_ih", "nobody"};
  const char *name = names[below(m, 4)];
  size_t d[3] = {1, 1, 1}, count = name ? 1 : thalnet_center_parameter_count(net), size = 0;
  thalnet_center_size measure = {.struct_size = sizeof measure};
  float *block = NULL;
  if (name && thalnet_center_tensor_shape(net, name, d)) {
    count = d[0] * d[1] * d[2];
  }
  switch (which) {
  case 0: return thalnet_center_measure(net, &measure);
  case 1: return thalnet_center_read(net, name, m->values, about(m, count));
  case 2: return thalnet_center_write(net, name, m->values, about(m, count));
  case 3: return thalnet_center_read_gradient(net, name, m->values, about(m, count));
  case 4: return thalnet_center_clear_gradients(net);
  case 5: return thalnet_center_begin_write(net, &block, &size);
  case 6: return thalnet_center_end_write(net);
  case 7:
    return thalnet_center_routing(net, m->batches[place(m)], (int32_t)below(m, 2), m->values, below(m, 2) ? 4 : 25);
  default: return thalnet_center_save_memory(net, m->values, sizeof m->values, &size);
  }
}

static thalnet_status store(struct monkey *m, int at) {
  thalnet_save_options save = {sizeof save, &m->files};
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *copy = NULL;
  load.io = &m->files;
  load.center = &center;
  center.memory = &m->hooks;
  m->io.fail_at = below(m, 3) ? 0 : 1 + (int)below(m, 12);
  m->io.calls = 0;
  thalnet_status status = thalnet_center_save(m->nets[at], "m", &save);
  if (!status) {
    status = thalnet_center_load("m", &load, &copy);
  }
  thalnet_center_free(copy);
  return status;
}

/* One call; tells which kind it was. */
static thalnet_status act(struct monkey *m, size_t *kind) {
  int at = place(m);
  size_t which = below(m, 100);
  *kind = which < 4 ? which : which < 60 ? 4 + (which - 4) / 8 : 11 + (which - 60) / 10;
  if (which < 4) {
    return make(m, (int)which, at);
  }
  if (which < 12) {
    return fill(m, at);
  }
  if (which < 20) {
    return change_batch(m, m->batches[at], below(m, 14));
  }
  if (which < 28) {
    return ask_batch(m, m->batches[at], below(m, 8));
  }
  if (which < 36) {
    return use_state(m, at, below(m, 9));
  }
  if (which < 44) {
    return use_net(m, m->nets[at], below(m, 9));
  }
  if (which < 52) {
    return thalnet_forward(owner(m, 0, at), m->batches[at], below(m, 2) ? m->states[place(m)] : NULL);
  }
  if (which < 60) {
    return thalnet_backward(owner(m, 0, at), m->batches[at]);
  }
  if (which < 80) {
    return thalnet_forward_backward(owner(m, 0, at), m->batches[at], below(m, 2) ? m->states[place(m)] : NULL);
  }
  if (which < 90) {
    thalnet_status status = thalnet_step(m->optimizers[at], owner(m, 2, at));
    if (below(m, 4)) {
      return status;
    }
    return thalnet_optimizer_swap_averages(m->optimizers[at], owner(m, 2, at));
  }
  return store(m, at);
}

/* How often each kind of call succeeded, over all sequences: a call that always fails would prove little. */
static size_t served[15];

static void play(uint64_t seed, int steps) {
  static struct monkey m;
  memset(&m, 0, sizeof m);
  m.random = seed;
  m.hooks = support_memory_hooks(&m.memory);
  m.files = support_io_hooks(&m.io);
  m.io.error = 5;
  memset(m.owners, 0xff, sizeof m.owners);
  for (int i = 0; i < steps; i++) {
    size_t kind = 0;
    scribble(&m);
    m.memory.fail_at = below(&m, 15) ? 0 : atomic_load(&m.memory.calls) + 1 + (long)below(&m, 20);
    thalnet_status status = act(&m, &kind);
    ck_assert_msg(status <= 0 && status >= THALNET_ERROR_UNSUPPORTED, "step %d: %d", i, (int)status);
    ck_assert(status == THALNET_OK || support_text_is_good(thalnet_error_text()));
    ck_assert_int_eq(m.io.open, 0);
    served[kind] += status == THALNET_OK;
  }
  for (int i = 0; i < PLACES; i++) {
    thalnet_center_free(m.nets[i]);
    thalnet_state_free(m.states[i]);
    thalnet_optimizer_free(m.optimizers[i]);
    thalnet_batch_free(m.batches[i]);
  }
  support_io_clear(&m.io);
  ck_assert_int_eq(atomic_load(&m.memory.live), 0);
  ck_assert_int_eq(atomic_load(&m.memory.wrong), 0);
}

START_TEST(random_sequences) {
  const char *steps = getenv("THALNET_TEST_SEQUENCE"); /* for a longer visit */
  for (uint64_t seed = 1; seed <= 4; seed++) {
    play(seed, steps ? atoi(steps) : 8000);
  }
  for (size_t kind = 0; kind < 15; kind++) ck_assert_msg(served[kind] > 0, "kind %zu was never served", kind);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {random_sequences};
  return SUPPORT_RUN("sequence", tests);
}
