/* SPDX-License-Identifier: MIT */
/* Every allocation of every scenario fails, once and for good: ERROR_MEMORY, nothing is left, and handles can go on. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host_layers.h"
#include "model_file.h"

struct world {
  struct support_memory memory;
  thalnet_memory hooks;
  thalnet_center_options options;
};

static void begin(struct world *world, int32_t threads, int32_t in_order) {
  memset(world, 0, sizeof *world);
  world->hooks = support_memory_hooks(&world->memory);
  world->options = (thalnet_center_options)THALNET_CENTER_OPTIONS_INIT;
  world->options.learned_start = 1;
  world->options.in_order = in_order;
  world->options.memory = &world->hooks;
  world->options.threads = threads;
  world->options.chunk_sequences = 2;
}

/* A scenario runs until its first error and gives that; whatever it made is freed again. */
typedef thalnet_status (*scenario)(const thalnet_center_options *options);

static thalnet_status build_all(const thalnet_center_options *options) {
  thalnet_status status = THALNET_OK;
  for (int32_t kind = 0; kind < SUPPORT_KINDS && !status; kind++) {
    thalnet_center *net = NULL;
    status = support_try_net(kind, options, &net);
    if ((net == NULL) != (status != THALNET_OK)) {
      abort();
    }
    thalnet_center_free(net);
  }
  return status;
}

static thalnet_status train(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_batch *batch = NULL;
  thalnet_state *state = NULL;
  thalnet_optimizer *optimizer = NULL;
  thalnet_optimizer_options averaging = THALNET_OPTIMIZER_OPTIONS_INIT;
  averaging.average = 0.9;
  thalnet_status status = support_try_net(SUPPORT_READERS, options, &net);
  if (!status) {
    status = thalnet_batch_create(net, 5, 3, NULL, &batch);
  }
  if (!status) {
    status = thalnet_state_create(net, 5, NULL, &state);
  }
  if (!status) {
    status = thalnet_optimizer_create(net, THALNET_RMSPROP, &averaging, &optimizer);
  }
  for (size_t i = 5; i > 3 && !status; i--) {
    const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 1};
    status = thalnet_batch_set_dropout(batch, i == 5 ? NULL : &dropout); /* which takes more memory */
    if (!status) {
      status = support_try_fill(net, batch, i, 3, 1);
    }
    if (!status) {
      status = thalnet_forward_backward(net, batch, state);
    }
    if (!status) {
      status = thalnet_step(optimizer, net);
    }
  }
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return status;
}

static thalnet_status evaluate(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_batch *batch = NULL;
  thalnet_batch_options inference = THALNET_BATCH_OPTIONS_INIT;
  float routing[25];
  uint8_t resets[5 * 3] = {0, 1, 0, 0, 0, 1};
  inference.for_backward = 0;
  inference.input_gradients = 0;
  thalnet_status status = support_try_net(SUPPORT_READERS, options, &net);
  if (!status) {
    status = thalnet_batch_create(net, 5, 3, &inference, &batch);
  }
  if (!status) {
    status = support_try_fill(net, batch, 5, 3, 1);
  }
  if (!status) {
    status = thalnet_batch_set_resets(batch, resets, 15);
  }
  if (!status) {
    status = thalnet_forward(net, batch, NULL);
  }
  if (!status) {
    status = thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, routing, 25);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return status;
}

/* A network that grows in the middle of training, with its optimizer and a stream. */
static thalnet_status grow(const thalnet_center_options *options) {
  thalnet_center *net = NULL, *draft = NULL;
  thalnet_module *module = NULL;
  thalnet_batch *batch = NULL;
  thalnet_state *state = NULL, *continued = NULL;
  thalnet_optimizer *optimizer = NULL, *moved = NULL;
  thalnet_optimizer_options averaging = THALNET_OPTIMIZER_OPTIONS_INIT;
  averaging.average = 0.9;
  thalnet_status status = support_try_net(SUPPORT_TASKS, options, &net);
  if (!status) {
    status = thalnet_optimizer_create(net, THALNET_ADAM, &averaging, &optimizer);
  }
  if (!status) {
    status = thalnet_state_create(net, 2, NULL, &state);
  }
  if (!status) {
    status = thalnet_center_edit(net, &draft);
  }
  if (!status) {
    status = thalnet_center_add_module(draft, NULL, NULL, &module);
  }
  if (!status) {
    status = thalnet_module_add_gru(module, 3, NULL);
  }
  if (!status) {
    status = thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL);
  }
  if (!status) {
    status = thalnet_module_grow(thalnet_center_get_module(draft, 0), 0, 2);
  }
  if (!status) {
    status = thalnet_module_split(thalnet_center_get_module(draft, 0), "second", &module);
    if ((module == NULL) != (status != THALNET_OK) ||
        thalnet_center_module_count(draft) != (status == THALNET_OK ? 4 : 3)) {
      abort();
    }
  }
  if (!status) {
    status = thalnet_module_remove(thalnet_center_get_module(draft, 2));
  }
  if (!status) {
    status = thalnet_center_build(draft, 2);
  }
  if (!status) {
    status = thalnet_optimizer_move(optimizer, draft, &moved);
  }
  if (!status) {
    status = thalnet_state_move(state, draft, &continued);
  }
  thalnet_center_free(net);
  if (!status) {
    status = thalnet_batch_create(draft, 2, 3, NULL, &batch);
  }
  if (!status) {
    status = support_try_fill(draft, batch, 2, 3, 1);
  }
  if (!status) {
    status = thalnet_forward_backward(draft, batch, continued);
  }
  if (!status) {
    status = thalnet_step(moved, draft);
  }
  thalnet_optimizer_free(optimizer);
  thalnet_optimizer_free(moved);
  thalnet_state_free(state);
  thalnet_state_free(continued);
  thalnet_batch_free(batch);
  thalnet_center_free(draft);
  return status;
}

/* Two generations of readers that see new features, and a file of the second. */
static thalnet_status grow_readers(const thalnet_center_options *options) {
  thalnet_center *net = NULL, *copy = NULL;
  thalnet_batch *batch = NULL;
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center_size measured = THALNET_CENTER_SIZE_INIT;
  float routing[25];
  static unsigned char file[1 << 20];
  size_t size = 0;
  load.center = options;
  thalnet_status status = support_try_net(SUPPORT_READERS, options, &net);
  for (size_t generation = 1; generation < 3 && !status; generation++) {
    thalnet_center *draft = NULL;
    status = thalnet_center_edit(net, &draft);
    if (!status) {
      status = thalnet_module_grow(thalnet_center_get_module(draft, 2), 1, generation);
    }
    if (!status) {
      status = thalnet_center_measure(draft, &measured);
    }
    if (!status) {
      status = thalnet_center_build(draft, 2);
    }
    thalnet_center_free(net);
    net = draft;
  }
  if (!status) {
    status = thalnet_batch_create(net, 2, 3, NULL, &batch);
  }
  if (!status) {
    status = support_try_fill(net, batch, 2, 3, 1);
  }
  if (!status) {
    status = thalnet_forward_backward(net, batch, NULL);
  }
  if (!status) {
    status = thalnet_center_routing(net, batch, THALNET_ROUTING_WEIGHT, routing, 25);
  }
  if (!status) {
    status = thalnet_center_save_memory(net, file, sizeof file, &size);
  }
  if (!status) {
    status = thalnet_center_load_memory(file, size, &load, &copy);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  thalnet_center_free(copy);
  return status;
}

/* What is told of the wiring. */
static thalnet_status look(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_batch *batch = NULL;
  thalnet_graph *graph = NULL;
  float values[49] = {0}, trace[3 * 25];
  unsigned char cut[49] = {0};
  int32_t path[7];
  size_t length = 0;
  thalnet_similarity similarity = THALNET_SIMILARITY_INIT;
  thalnet_status status = support_try_net(SUPPORT_READERS, options, &net);
  if (!status) {
    status = thalnet_batch_create(net, 2, 3, NULL, &batch);
  }
  if (!status) {
    status = support_try_fill(net, batch, 2, 3, 1);
  }
  if (!status) {
    status = thalnet_center_trace_routing(net, batch, 1, THALNET_ROUTING_SHARE, trace, 3 * 25);
  }
  if (!status) {
    status = thalnet_center_routing(net, batch, THALNET_ROUTING_WEIGHT, values, 25);
  }
  if (!status) {
    status = thalnet_center_ablate(net, batch, cut, 49);
  }
  if (!status) {
    status = thalnet_center_similarity(net, values, net, values, 25, NULL, 0, &similarity);
  }
  if (!status) {
    status = thalnet_center_wiring(net, batch, THALNET_ROUTING_SHARE, values, 49);
  }
  if (!status) {
    status = thalnet_graph_create(net, values, 49, NULL, &graph);
  }
  if (!status) {
    status = thalnet_graph_find_path(graph, 0, 6, path, 7, &length, NULL);
  }
  if (!status) {
    status = thalnet_graph_write(graph, THALNET_GRAPH_JSON, NULL, 0, &length);
  }
  thalnet_graph_free(graph);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return status;
}

static thalnet_status two_calls(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_batch *batch = NULL;
  thalnet_batch_options all = THALNET_BATCH_OPTIONS_INIT;
  all.input_gradients = all.state_gradients = 1;
  thalnet_status status = support_try_net(SUPPORT_TASKS, options, &net);
  if (!status) {
    status = thalnet_batch_create(net, 5, 3, &all, &batch);
  }
  if (!status) {
    status = support_try_fill(net, batch, 5, 3, 1);
  }
  if (!status) {
    status = thalnet_batch_set_input_dropout(batch, 0, 0.5f);
  }
  if (!status) {
    status = thalnet_forward(net, batch, NULL);
  }
  if (!status) {
    status = thalnet_backward(net, batch);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return status;
}

static struct model stored;

static thalnet_status save_and_load(const thalnet_center_options *options) {
  struct support_io io = {0};
  thalnet_io hooks = support_io_hooks(&io);
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_save_options save = THALNET_SAVE_OPTIONS_INIT;
  thalnet_center *net = NULL, *copy = NULL;
  size_t size = 0;
  load.center = options;
  load.io = save.io = &hooks;
  thalnet_status status = thalnet_center_load_memory(stored.bytes, stored.size, &load, &net);
  if (!status) {
    status = thalnet_center_save(net, "m", &save);
  }
  if (!status) {
    status = thalnet_center_save_memory(net, NULL, 0, &size);
  }
  if (!status) {
    status = thalnet_center_load("m", &load, &copy);
  }
  if (io.open != 0) {
    abort();
  }
  support_io_clear(&io);
  thalnet_center_free(copy);
  thalnet_center_free(net);
  return status;
}

/* A network with layers of the host, changed, trained and loaded. */
static thalnet_status host_layers(const thalnet_center_options *options) {
  static const thalnet_layer *const known[] = {&host_leaky, &host_peeps};
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL, *draft = NULL, *copy = NULL;
  thalnet_module *module = NULL;
  thalnet_batch *batch = NULL;
  unsigned char *bytes = malloc(65536);
  size_t size = 0;
  load.center = options;
  load.layers = known;
  load.layer_count = 2;
  thalnet_status status = support_try_net(SUPPORT_SMALL, options, &net);
  if (!status) {
    status = thalnet_center_edit(net, &draft);
  }
  if (!status) {
    status = thalnet_center_add_module(draft, NULL, NULL, &module);
  }
  for (size_t j = 0; j < 5 && !status; j++) { /* so that the module's table grows */
    status = thalnet_module_add_layer(module, 3, known[j % 2]);
  }
  if (!status) {
    status = thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL);
  }
  if (!status) {
    status = thalnet_center_build(draft, 2);
  }
  thalnet_center_free(net);
  net = NULL;
  if (!status) {
    status = thalnet_center_edit(draft, &net);
  }
  if (!status) {
    status = thalnet_module_split(thalnet_center_get_module(net, 2), "second", &module);
  }
  if (!status) {
    status = thalnet_center_build(net, 3);
  }
  if (!status) {
    status = thalnet_batch_create(net, 5, 3, NULL, &batch);
  }
  if (!status) {
    status = support_try_fill(net, batch, 5, 3, 1);
  }
  if (!status) {
    status = thalnet_forward_backward(net, batch, NULL);
  }
  if (!status) {
    status = thalnet_center_save_memory(net, bytes, 65536, &size);
  }
  if (!status) {
    status = thalnet_center_load_memory(bytes, size, &load, &copy);
  }
  free(bytes);
  thalnet_batch_free(batch);
  thalnet_center_free(copy);
  thalnet_center_free(draft);
  thalnet_center_free(net);
  return status;
}

static thalnet_status check_gradients(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_batch *batch = NULL;
  thalnet_gradient_check_options one = THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  one.directions = 1;
  thalnet_status status = support_try_net(SUPPORT_SMALL, options, &net);
  if (!status) {
    status = thalnet_batch_create(net, 5, 3, NULL, &batch);
  }
  if (!status) {
    status = support_try_fill(net, batch, 5, 3, 1);
  }
  if (!status) {
    float *before = support_parameters(net);
    status = thalnet_gradient_check(net, batch, NULL, &one, NULL, 0, &result);
    float *after = support_parameters(net);
    if (!support_same(before, after, thalnet_center_parameter_count(net)) ||
        (result.compared == 0) != (status != THALNET_OK)) {
      abort();
    }
    free(before);
    free(after);
  }
  if (!status) {
    status = thalnet_forward_backward(net, batch, NULL);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return status;
}

static thalnet_status live(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_state *state = NULL, *parked = NULL;
  thalnet_state_options park = THALNET_STATE_OPTIONS_INIT;
  float x[6] = {0}, y[8];
  park.live = 0;
  thalnet_status status = support_try_net(SUPPORT_SMALL, options, &net);
  if (!status) {
    status = thalnet_state_create(net, 2, NULL, &state);
  }
  if (!status) {
    status = thalnet_state_create(net, 9, &park, &parked);
  }
  if (!status) {
    status = thalnet_state_step(net, state, x, 6, y, 8);
  }
  thalnet_state_free(state);
  thalnet_state_free(parked);
  thalnet_center_free(net);
  return status;
}

static thalnet_status write(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_status status = support_try_net(SUPPORT_READERS, options, &net);
  if (!status) {
    float *before = support_parameters(net);
    size_t count = thalnet_center_parameter_count(net);
    float *values = support_parameters(net);
    values[count - 1] += 1.0f;
    status = thalnet_center_write(net, NULL, values, count);
    EXPECT_OK(thalnet_center_read(net, NULL, values, count));
    if (support_same(before, values, count) != (status != THALNET_OK)) {
      abort();
    }
    free(before);
    free(values);
  }
  thalnet_center_free(net);
  return status;
}

static void fail_everywhere(const char *name, scenario run, int32_t threads, int32_t in_order) {
  for (int persistent = 0; persistent < 2; persistent++) {
    for (long fail_at = 1;; fail_at++) {
      struct world world;
      begin(&world, threads, in_order);
      world.memory.fail_at = fail_at;
      world.memory.persistent = persistent;
      thalnet_status status = run(&world.options);
      long failures = atomic_load(&world.memory.failures);
      ck_assert_msg(atomic_load(&world.memory.live) == 0 && atomic_load(&world.memory.wrong) == 0,
                    "%s, allocation %ld: %ld blocks are left", name, fail_at, atomic_load(&world.memory.live));
      if (failures == 0) {
        ck_assert_msg(status == THALNET_OK && fail_at > 1, "%s: %s", name, thalnet_status_name(status));
        break;
      }
      ck_assert_msg(status == THALNET_ERROR_MEMORY, "%s, allocation %ld: %s (%s)", name, fail_at,
                    thalnet_status_name(status), thalnet_error_text());
    }
  }
}

START_TEST(every_allocation_fails) {
  stored = model_of_kind(SUPPORT_READERS);
  fail_everywhere("build", build_all, 1, 0);
  for (int32_t threads = 1; threads <= 3; threads += 2) {
    fail_everywhere("train", train, threads, 0);
    fail_everywhere("evaluate", evaluate, threads, 0);
    fail_everywhere("two calls", two_calls, threads, 0);
  }
  fail_everywhere("train in order", train, 1, 1);
  fail_everywhere("save and load", save_and_load, 1, 0);
  fail_everywhere("live", live, 1, 0);
  fail_everywhere("write", write, 1, 0);
  fail_everywhere("grow", grow, 1, 0);
  fail_everywhere("grow readers", grow_readers, 1, 0);
  fail_everywhere("look", look, 1, 0);
  fail_everywhere("layers of the host", host_layers, 1, 0);
  fail_everywhere("gradient check", check_gradients, 1, 0);
  model_free(&stored);
}
END_TEST

/* Memory that is not aligned as asked for is given back at once, and counts as none. */
static void *misaligned(void *user, size_t size, size_t alignment) {
  int *left = user;
  if (*left == 0) {
    return NULL;
  }
  char *block = malloc(size + 2 * alignment);
  uintptr_t place = (uintptr_t)block + alignment - (uintptr_t)block % alignment + ((*left)-- == 1 ? 8 : 0);
  ((char **)place)[-1] = block;
  return (char *)place;
}

static void realigned(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  free(((char **)memory)[-1]);
}

START_TEST(misaligned_memory_is_refused) {
  thalnet_status status = THALNET_ERROR_MEMORY;
  for (int good = 1; status != THALNET_OK; good++) {
    int left = good;
    thalnet_memory hooks = {sizeof hooks, &left, misaligned, realigned};
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    thalnet_center *net = NULL;
    options.memory = &hooks;
    status = support_try_net(SUPPORT_SMALL, &options, &net);
    ck_assert(status == (left == 0 ? THALNET_ERROR_MEMORY : THALNET_OK));
    ck_assert((net == NULL) == (left == 0));
    thalnet_center_free(net);
  }
}
END_TEST

/* After a failure in the middle, the same handles go on as if nothing had been. */
START_TEST(handles_survive_a_failure) {
  float *reference = NULL;
  for (long fail_at = 0;; fail_at++) {
    struct world world;
    begin(&world, 1, 0);
    thalnet_center *net = support_net(SUPPORT_READERS, &world.options);
    thalnet_batch *batch = support_batch(net, 5, 3);
    thalnet_state *state = support_state(net, 5);
    thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.1);
    size_t count = thalnet_center_parameter_count(net);
    world.memory.fail_at = fail_at ? atomic_load(&world.memory.calls) + fail_at : 0;
    thalnet_status status = THALNET_OK;
    do {
      status = support_try_fill(net, batch, 5, 3, 1);
    } while (status == THALNET_ERROR_MEMORY);
    EXPECT_OK(status);
    do {
      status = thalnet_forward_backward(net, batch, state);
    } while (status == THALNET_ERROR_MEMORY);
    EXPECT_OK(status);
    do {
      status = thalnet_step(optimizer, net);
    } while (status == THALNET_ERROR_MEMORY);
    EXPECT_OK(status);
    float *parameters = support_parameters(net);
    if (!reference) {
      reference = support_parameters(net);
    }
    ck_assert_msg(support_same(reference, parameters, count), "allocation %ld", fail_at);
    free(parameters);
    thalnet_optimizer_free(optimizer);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&world.memory.live), 0);
    if (fail_at > 0 && atomic_load(&world.memory.failures) == 0) {
      break;
    }
  }
  free(reference);
}
END_TEST

/* What thalnet_forward kept is gone once another call has begun to make room: thalnet_backward then says so. */
START_TEST(a_failure_leaves_nothing_for_backward) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 1}; /* which takes more memory */
  for (size_t sequences = 2; sequences <= 5; sequences += 3) {                   /* one chunk, or several */
    long failures = 1;
    for (long fail_at = 1; failures > 0; fail_at++) {
      struct world world;
      begin(&world, 1, 0);
      thalnet_center *net = support_net(SUPPORT_READERS, &world.options);
      thalnet_batch *batch = support_batch(net, sequences, 3);
      support_fill(net, batch, sequences, 3, 1);
      EXPECT_OK(thalnet_forward(net, batch, NULL));
      EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
      world.memory.fail_at = atomic_load(&world.memory.calls) + fail_at;
      thalnet_status status = thalnet_forward_backward(net, batch, NULL);
      failures = atomic_load(&world.memory.failures);
      ck_assert_int_eq(status, failures > 0 ? THALNET_ERROR_MEMORY : THALNET_OK);
      ck_assert(failures > 0 || fail_at > 1);
      world.memory.fail_at = 0;
      EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
      EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
      thalnet_batch_free(batch);
      thalnet_center_free(net);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_allocation_fails, misaligned_memory_is_refused, handles_survive_a_failure,
                                a_failure_leaves_nothing_for_backward};
  return SUPPORT_RUN("out_of_memory", tests);
}
