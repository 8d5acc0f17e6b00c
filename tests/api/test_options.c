/* SPDX-License-Identifier: MIT */
/* Options structures of older and newer headers: struct_size decides. A smaller one than the first release's is
 * unknown; a larger one is fine as long as what this library does not know is zero. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "model_file.h"

/* Where one structure goes in, and what comes out of it. */
struct place {
  const char *name;
  size_t size;
  void (*fill)(void *options); /* its _INIT */
  thalnet_status (*call)(const void *options);
};

static thalnet_center *net;  /* SUPPORT_SMALL */
static struct model model;   /* its file */
static thalnet_batch *batch; /* computed */

/* Defines fill_<name> and call_<name>; the call frees what it made. */
#define PLACE(name, type, init, ...)                                                                                   \
  static void fill_##name(void *options) {                                                                             \
    type defaults = init;                                                                                              \
    memcpy(options, &defaults, sizeof defaults);                                                                       \
  }                                                                                                                    \
  static thalnet_status call_##name(const void *options) {                                                             \
    thalnet_status status;                                                                                             \
    __VA_ARGS__                                                                                                        \
    return status;                                                                                                     \
  }

static thalnet_status in_draft(int32_t what, const void *options) {
  thalnet_center *draft = NULL;
  thalnet_module *module = NULL;
  thalnet_status status = THALNET_OK;
  EXPECT_OK(thalnet_center_create(NULL, &draft));
  if (what < 3) {
    status = what == 0   ? thalnet_center_add_input(draft, "x", 3, options, NULL)
             : what == 1 ? thalnet_center_add_output(draft, "x", 3, THALNET_HOST_LOSS, options, NULL)
                         : thalnet_center_add_module(draft, "x", options, &module);
  } else {
    EXPECT_OK(thalnet_center_add_module(draft, "x", NULL, &module));
    status = what == 3   ? thalnet_module_add_dense(module, 3, THALNET_RELU, options)
             : what == 4 ? thalnet_module_add_gru(module, 3, options)
             : what == 5 ? thalnet_module_add_lstm(module, 3, options)
                         : thalnet_module_add_reader(module, THALNET_LINEAR, 3, options, NULL);
  }
  thalnet_center_free(draft);
  return status;
}

PLACE(center, thalnet_center_options, THALNET_CENTER_OPTIONS_INIT, thalnet_center *made = NULL;
      status = thalnet_center_create(options, &made); thalnet_center_free(made);)
PLACE(input, thalnet_input_options, THALNET_INPUT_OPTIONS_INIT, status = in_draft(0, options);)
PLACE(output, thalnet_output_options, THALNET_OUTPUT_OPTIONS_INIT, status = in_draft(1, options);)
PLACE(module, thalnet_module_options, THALNET_MODULE_OPTIONS_INIT, status = in_draft(2, options);)
PLACE(dense, thalnet_dense_options, THALNET_DENSE_OPTIONS_INIT, status = in_draft(3, options);)
PLACE(gru, thalnet_gru_options, THALNET_GRU_OPTIONS_INIT, status = in_draft(4, options);)
PLACE(lstm, thalnet_lstm_options, THALNET_LSTM_OPTIONS_INIT, status = in_draft(5, options);)
PLACE(reader, thalnet_reader_options, THALNET_READER_OPTIONS_INIT, status = in_draft(6, options);)
#define IDENTITY_LAYER                                                                                                 \
  { .struct_size = sizeof(thalnet_layer), .name = "identity", .forward = no_call, .backward = no_call, .gates = 1 }
static int no_call(void *user, const thalnet_layer_call *call) {
  (void)user, (void)call;
  return 1;
}
static thalnet_status in_module(const thalnet_layer *layer) {
  thalnet_center *draft = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &draft));
  EXPECT_OK(thalnet_center_add_module(draft, "x", NULL, &module));
  const thalnet_status status = thalnet_module_add_layer(module, 3, layer);
  thalnet_center_free(draft);
  return status;
}
PLACE(layer, thalnet_layer, IDENTITY_LAYER, status = in_module(options);)
PLACE(batch, thalnet_batch_options, THALNET_BATCH_OPTIONS_INIT, thalnet_batch *made = NULL;
      status = thalnet_batch_create(net, 1, 1, options, &made); thalnet_batch_free(made);)
PLACE(batch_memory, thalnet_batch_options, THALNET_BATCH_OPTIONS_INIT,
      thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
      status = thalnet_batch_measure_memory(net, 1, 1, options, 0, &size);)
PLACE(dropout, thalnet_dropout_options, THALNET_DROPOUT_OPTIONS_INIT,
      status = thalnet_batch_set_dropout(batch, options);)
PLACE(gradient_check, thalnet_gradient_check_options, THALNET_GRADIENT_CHECK_OPTIONS_INIT,
      thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
      status = thalnet_gradient_check(net, batch, NULL, options, NULL, 0, &result);)
PLACE(state, thalnet_state_options, THALNET_STATE_OPTIONS_INIT, thalnet_state *made = NULL;
      status = thalnet_state_create(net, 1, options, &made); thalnet_state_free(made);)
PLACE(state_memory, thalnet_state_options, THALNET_STATE_OPTIONS_INIT, uint64_t bytes;
      status = thalnet_state_measure_memory(net, 1, options, &bytes);)
PLACE(optimizer, thalnet_optimizer_options, THALNET_OPTIMIZER_OPTIONS_INIT, thalnet_optimizer *made = NULL;
      status = thalnet_optimizer_create(net, THALNET_ADAM, options, &made); thalnet_optimizer_free(made);)
PLACE(load, thalnet_load_options, THALNET_LOAD_OPTIONS_INIT, thalnet_center *made = NULL;
      status = thalnet_center_load_memory(model.bytes, model.size, options, &made); thalnet_center_free(made);)

static struct support_memory memory;
static struct support_executor executor;
static struct support_io io;

static void fill_memory(void *options) { *(thalnet_memory *)options = support_memory_hooks(&memory); }
static thalnet_status call_memory(const void *hooks) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = hooks;
  return call_center(&options);
}
static void fill_executor(void *options) { *(thalnet_executor *)options = support_executor_hooks(&executor); }
static thalnet_status call_executor(const void *hooks) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.executor = hooks;
  return call_center(&options);
}
static void fill_io(void *options) { *(thalnet_io *)options = support_io_hooks(&io); }
static thalnet_status call_io(const void *hooks) {
  thalnet_save_options options = THALNET_SAVE_OPTIONS_INIT;
  options.io = hooks;
  thalnet_status status = thalnet_center_save(net, "m", &options);
  support_io_clear(&io);
  return status;
}
/* The save options need hooks, so that nothing is written. */
static thalnet_io io_hooks;
static void fill_save(void *options) {
  thalnet_save_options defaults = THALNET_SAVE_OPTIONS_INIT;
  io_hooks = support_io_hooks(&io);
  defaults.io = &io_hooks;
  memcpy(options, &defaults, sizeof defaults);
}
static thalnet_status call_save(const void *options) {
  thalnet_status status = thalnet_center_save(net, "m", options);
  support_io_clear(&io);
  return status;
}
static void fill_contents(void *contents) {
  thalnet_checkpoint_contents defaults = THALNET_CHECKPOINT_CONTENTS_INIT;
  defaults.net = net;
  memcpy(contents, &defaults, sizeof defaults);
}
static thalnet_status call_contents(const void *contents) {
  size_t size = 0;
  return thalnet_checkpoint_save_memory(contents, NULL, 0, &size);
}
static void fill_checkpoint(void *options) {
  thalnet_checkpoint_options defaults = THALNET_CHECKPOINT_OPTIONS_INIT;
  io_hooks = support_io_hooks(&io);
  defaults.io = &io_hooks;
  memcpy(options, &defaults, sizeof defaults);
}
static thalnet_status call_checkpoint(const void *options) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = net;
  thalnet_status status = thalnet_checkpoint_save("m", &contents, options);
  support_io_clear(&io);
  return status;
}
static void fill_load_center(void *options) { fill_center(options); }
static thalnet_status call_load_center(const void *center) {
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  options.center = center;
  return call_load(&options);
}

#define ROW(name, type)                                                                                                \
  { #name, sizeof(type), fill_##name, call_##name }
static const struct place places[] = {
    ROW(center, thalnet_center_options),
    ROW(input, thalnet_input_options),
    ROW(output, thalnet_output_options),
    ROW(module, thalnet_module_options),
    ROW(dense, thalnet_dense_options),
    ROW(gru, thalnet_gru_options),
    ROW(lstm, thalnet_lstm_options),
    ROW(reader, thalnet_reader_options),
    ROW(layer, thalnet_layer),
    ROW(batch, thalnet_batch_options),
    ROW(batch_memory, thalnet_batch_options),
    ROW(gradient_check, thalnet_gradient_check_options),
    ROW(state, thalnet_state_options),
    ROW(state_memory, thalnet_state_options),
    ROW(optimizer, thalnet_optimizer_options),
    ROW(load, thalnet_load_options),
    ROW(save, thalnet_save_options),
    ROW(memory, thalnet_memory),
    ROW(executor, thalnet_executor),
    ROW(io, thalnet_io),
    ROW(load_center, thalnet_center_options),
    ROW(contents, thalnet_checkpoint_contents),
    ROW(checkpoint, thalnet_checkpoint_options),
    ROW(dropout, thalnet_dropout_options),
};
enum { PLACES = sizeof places / sizeof places[0], ROOM = 65536 };

static void set_up(void) {
  net = support_net(SUPPORT_SMALL, NULL);
  model = model_of(net);
  batch = support_batch(net, 1, 1);
  support_fill(net, batch, 1, 1, 1);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
}

static void tear_down(void) {
  model_free(&model);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}

/* Calls with that struct_size; `set` bytes behind the known structure are not zero. */
static void expect(const struct place *place, size_t struct_size, size_t set_at, thalnet_status expected) {
  void *room = calloc(1, ROOM);
  place->fill(room);
  memcpy(room, &struct_size, sizeof struct_size);
  if (set_at) {
    ((unsigned char *)room)[set_at] = 1;
  }
  thalnet_status status = place->call(room);
  ck_assert_msg(status == expected, "%s of %zu bytes, told %zu, byte %zu set: %s (%s)", place->name, place->size,
                struct_size, set_at, thalnet_status_name(status), thalnet_error_text());
  free(room);
}

START_TEST(the_own_size_is_fine) {
  set_up();
  for (size_t i = 0; i < PLACES; i++) {
    expect(&places[i], places[i].size, 0, THALNET_OK);
  }
  tear_down();
}
END_TEST

START_TEST(smaller_than_the_first_release_is_unknown) {
  set_up();
  for (size_t i = 0; i < PLACES; i++) {
    for (size_t size = 0; size < places[i].size; size++) {
      expect(&places[i], size, 0, THALNET_ERROR_VERSION);
    }
  }
  tear_down();
}
END_TEST

START_TEST(larger_is_fine_when_zero) {
  set_up();
  for (size_t i = 0; i < PLACES; i++) {
    for (size_t more = 1; more <= 256; more *= 2) {
      size_t size = places[i].size + more;
      expect(&places[i], size, 0, THALNET_OK);
      expect(&places[i], size, places[i].size, THALNET_ERROR_VERSION);
      expect(&places[i], size, size - 1, THALNET_ERROR_VERSION);
      expect(&places[i], size, size, THALNET_OK); /* a byte behind the structure is nobody's business */
    }
  }
  tear_down();
}
END_TEST

/* Garbage for a size is never read along. */
START_TEST(absurd_sizes_are_refused) {
  static const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 40, (size_t)1 << 32, 0xa5a5a5a5u};
  set_up();
  for (size_t i = 0; i < PLACES; i++) {
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
      expect(&places[i], sizes[k], 0, THALNET_ERROR_VERSION);
    }
  }
  tear_down();
}
END_TEST

/* Structures that the library fills: as much of them as the caller has. */
START_TEST(results_have_sizes_too) {
  struct {
    thalnet_center_size size;
    unsigned char behind[64];
  } center;
  struct {
    thalnet_measure measure;
    unsigned char behind[64];
  } measured;
  static const size_t bad[] = {0, 1, 7, SIZE_MAX};
  set_up();
  memset(&center, 0, sizeof center);
  memset(&measured, 0, sizeof measured);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    center.size.struct_size = measured.measure.struct_size = bad[i];
    EXPECT(thalnet_center_measure(net, &center.size), THALNET_ERROR_VERSION);
    EXPECT(thalnet_batch_measure(batch, 0, &measured.measure), THALNET_ERROR_VERSION);
    ck_assert_uint_eq(center.size.parameters, 0);
    ck_assert_uint_eq(measured.measure.labels, 0);
  }
  center.size.struct_size = sizeof center;
  measured.measure.struct_size = sizeof measured;
  /* A newer header's: filled as far as it is known, or refused; nothing beyond it is touched. */
  EXPECT_EITHER(thalnet_center_measure(net, &center.size), THALNET_OK, THALNET_ERROR_VERSION);
  EXPECT_EITHER(thalnet_batch_measure(batch, 0, &measured.measure), THALNET_OK, THALNET_ERROR_VERSION);
  center.size.struct_size = sizeof center.size;
  measured.measure.struct_size = sizeof measured.measure;
  EXPECT_OK(thalnet_center_measure(net, &center.size));
  EXPECT_OK(thalnet_batch_measure(batch, 0, &measured.measure));
  ck_assert_uint_eq(center.size.struct_size, sizeof center.size);
  ck_assert_uint_eq(measured.measure.struct_size, sizeof measured.measure);
  ck_assert_uint_gt(center.size.parameters, 0);
  ck_assert_uint_eq(measured.measure.labels, 1);
  for (size_t i = 0; i < 64; i++) {
    ck_assert(center.behind[i] == 0 && measured.behind[i] == 0);
  }
  tear_down();
}
END_TEST

/* Values are taken literally: what is not a default does not silently become one. */
START_TEST(values_are_literal) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  set_up();
  options.rate = 0.0;
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  ck_assert(thalnet_optimizer_rate(optimizer) == 0.0);
  thalnet_optimizer_free(optimizer);
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, NULL, &optimizer));
  ck_assert(thalnet_optimizer_rate(optimizer) == 1e-3);
  thalnet_optimizer_free(optimizer);
  tear_down();
}
END_TEST

int main(void) {
  const TTest *const tests[] = {the_own_size_is_fine,     smaller_than_the_first_release_is_unknown,
                                larger_is_fine_when_zero, absurd_sizes_are_refused,
                                results_have_sizes_too,   values_are_literal};
  return SUPPORT_RUN("options", tests);
}
