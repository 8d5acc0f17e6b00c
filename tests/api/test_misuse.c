/* SPDX-License-Identifier: MIT */
/* Careless hosts, generated: every function with every parameter replaced by everything that it cannot be. Each such
 * call is an error with a text, hands out nothing, and leaves every object as it was. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_layers.h"
#include "model_file.h"

/* What a parameter is, and so which values it cannot take. */
enum kind {
  NOTHING,
  CENTER,
  DRAFT,
  MODULE,
  BATCH,
  STATE,
  OPTIMIZER,
  GRAPH,
  WATCH,
  MAYBE_BATCH, /* NULL is fine */
  MAYBE_STATE,
  INDEX,  /* 0..size-1 */
  COUNT,  /* exactly size */
  AMOUNT, /* 1..size */
  MOST,   /* 0..size */
  WEIGHT, /* finite, not negative */
  RATE,   /* [0, 1) */
  NAME,   /* of a new input, output or module */
  PATH,
  TENSOR,  /* of the center */
  DATA,    /* an array: not NULL */
  OUT,     /* where a handle goes: not NULL, and NULL is written there */
  OPTIONS, /* NULL is fine, another size is not */
  ANY      /* everything is fine */
};

struct argument {
  enum kind kind;
  size_t size; /* see above */
  const void *data;
  size_t number; /* values that are sizes */
  int32_t integer;
  float real;
};

struct function {
  const char *name;
  thalnet_status (*call)(const struct argument *a);
  struct argument arguments[7];
};

/* --- the objects -------------------------------------------------------------------------------------------------- */

static struct {
  thalnet_center *net, *draft;
  thalnet_module *module;
  thalnet_batch *batch, *final;
  thalnet_state *state;
  thalnet_optimizer *optimizer;
  thalnet_graph *graph;
  thalnet_watch *watch;
  float *values; /* large enough for everything */
  int32_t *integers;
  void *room;
  void *slot;
  uint64_t zeros[64];
  thalnet_checkpoint_contents contents;
  size_t all, memory, edges, calls;
} w;

enum { S = 3, K = 4 };

static void set_up(void) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  options.input_gradients = options.state_gradients = 1;
  w.net = support_net(SUPPORT_TASKS, NULL);
  EXPECT_OK(thalnet_center_create(NULL, &w.draft));
  EXPECT_OK(thalnet_center_add_input(w.draft, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(w.draft, "x", 3, THALNET_HOST_LOSS, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(w.draft, NULL, NULL, &w.module));
  EXPECT_OK(thalnet_batch_create(w.net, S, K, &options, &w.batch));
  EXPECT_OK(thalnet_batch_create(w.net, S, K, &options, &w.final));
  w.state = support_state(w.net, S);
  w.optimizer = support_optimizer(w.net, THALNET_ADAM, 0.01);
  w.contents = (thalnet_checkpoint_contents)THALNET_CHECKPOINT_CONTENTS_INIT;
  w.contents.net = w.net;
  w.contents.optimizer = w.optimizer;
  w.contents.states = &w.state;
  w.contents.state_count = 1;
  w.all = thalnet_center_parameter_count(w.net);
  w.memory = thalnet_state_values(w.state);
  w.values = calloc(w.all + 1000, sizeof *w.values);
  w.integers = calloc(1000, sizeof *w.integers);
  ck_assert_int_eq(posix_memalign(&w.room, 64, 65536), 0);
  support_fill(w.net, w.batch, S, K, 1);
  support_fill(w.net, w.final, S, K, 2);
  EXPECT_OK(thalnet_batch_set_final_labels(w.final, 0, w.integers, S));
  EXPECT_OK(thalnet_batch_set_final_targets(w.final, 1, w.values, S * 2));
  EXPECT_OK(thalnet_batch_set_final(w.final, 2));
  EXPECT_OK(thalnet_center_wiring(w.net, w.batch, THALNET_ROUTING_SHARE, w.values, 49));
  EXPECT_OK(thalnet_graph_create(w.net, w.values, 49, NULL, &w.graph));
  memset(w.values, 0, 49 * sizeof *w.values);
  w.edges = thalnet_graph_edge_count(w.graph);
  EXPECT_OK(thalnet_watch_create(NULL, &w.watch));
  EXPECT_OK(thalnet_forward_backward(w.net, w.batch, w.state));
  EXPECT_OK(thalnet_forward(w.net, w.final, NULL));
  EXPECT_OK(thalnet_state_advance(w.net, w.state, 1));
}

static void tear_down(void) {
  thalnet_center_free(w.net);
  thalnet_center_free(w.draft);
  thalnet_batch_free(w.batch);
  thalnet_batch_free(w.final);
  thalnet_state_free(w.state);
  thalnet_optimizer_free(w.optimizer);
  thalnet_graph_free(w.graph);
  thalnet_watch_free(w.watch);
  free(w.values);
  free(w.integers);
  free(w.room);
  memset(&w, 0, sizeof w);
}

/* Everything that can be seen of the objects, in one number. */
static uint64_t digest(void) {
  static float seen[4000];
  size_t n = 0;
  EXPECT_OK(thalnet_center_read(w.net, NULL, seen, w.all));
  EXPECT_OK(thalnet_center_read_gradient(w.net, NULL, seen + (n += w.all), w.all));
  n += w.all;
  for (size_t i = 0; i < S; i++, n += w.memory) {
    EXPECT_OK(thalnet_state_read(w.state, i, seen + n, w.memory));
  }
  EXPECT_OK(thalnet_batch_read_output(w.batch, 0, seen + n, S * K * 4));
  n += S * K * 4;
  EXPECT_OK(thalnet_batch_read_final_output(w.final, 2, seen + n, S * 3));
  n += S * 3;
  seen[n++] = (float)support_loss(w.batch, 0);
  seen[n++] = (float)thalnet_optimizer_steps(w.optimizer);
  seen[n++] = (float)thalnet_optimizer_rate(w.optimizer);
  seen[n++] = (float)thalnet_center_input_count(w.draft);
  seen[n++] = (float)thalnet_center_output_count(w.draft);
  seen[n++] = (float)thalnet_center_module_count(w.draft);
  seen[n++] = (float)thalnet_center_features(w.draft);
  seen[n++] = (float)thalnet_center_module_context(w.draft, 0);
  ck_assert_uint_lt(n, 4000);
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < n * sizeof(float); i++) {
    hash = (hash ^ ((const unsigned char *)seen)[i]) * 1099511628211u;
  }
  return hash;
}

/* --- bad values --------------------------------------------------------------------------------------------------- */

static void check(const struct function *f, const struct argument *a, size_t parameter, size_t variant) {
  w.slot = &w;
  w.calls++;
  thalnet_status status = f->call(a);
  ck_assert_msg(status < 0, "%s, parameter %zu, bad value %zu: %s", f->name, parameter, variant,
                thalnet_status_name(status));
  ck_assert_msg(support_text_is_good(thalnet_error_text()), "%s, parameter %zu, bad value %zu: text '%s'", f->name,
                parameter, variant, thalnet_error_text());
  enum kind kind = f->arguments[parameter].kind;
  if (kind >= CENTER && kind <= MAYBE_STATE) {
    ck_assert_msg(status == THALNET_ERROR_HANDLE, "%s, parameter %zu, wrong handle %zu: %s", f->name, parameter,
                  variant, thalnet_status_name(status));
  }
  for (size_t i = 0; i < 7; i++) {
    if (a[i].kind == OUT && a[i].data) {
      ck_assert_msg(w.slot == NULL, "%s hands something out", f->name);
    }
  }
}

static void bad_handles(const struct function *f, struct argument *a, size_t p) {
  const void *handles[] = {NULL, w.net, w.module, w.batch, w.state, w.optimizer, w.graph, w.watch, w.zeros};
  static const enum kind own[] = {NOTHING, CENTER, MODULE, BATCH, STATE, OPTIMIZER, GRAPH, WATCH, NOTHING};
  enum kind kind = f->arguments[p].kind;
  for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
    int maybe = kind == MAYBE_BATCH || kind == MAYBE_STATE;
    enum kind meant = kind == MAYBE_BATCH ? BATCH : kind == MAYBE_STATE ? STATE : kind == DRAFT ? CENTER : kind;
    if (own[i] == meant || (i == 0 && maybe)) {
      continue;
    }
    a[p].data = handles[i];
    check(f, a, p, i);
  }
}

static void bad_numbers(const struct function *f, struct argument *a, size_t p) {
  size_t size = f->arguments[p].size;
  enum kind kind = f->arguments[p].kind;
  const size_t sizes[] = {
      0, size - 1, size + 1, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4 + 1 + size, SIZE_MAX / 8 + 2 + size};
  const int32_t integers[] = {-1, INT32_MIN, INT32_MAX, (int32_t)size, (int32_t)size + 1, 65536, -65536};
  for (size_t i = 0; i < 7; i++) {
    int index = kind == INDEX;
    if (!index && sizes[i] == size) {
      continue;
    }
    if (!index && kind != COUNT && i < 2 && !(i == 0 && kind == AMOUNT)) {
      continue;
    }
    a[p].number = sizes[i];
    a[p].integer = integers[i];
    check(f, a, p, i);
  }
}

static void bad_reals(const struct function *f, struct argument *a, size_t p) {
  static const float reals[] = {NAN, INFINITY, -INFINITY, -1.0f, -1e-30f, 1.0f, 1.5f};
  for (size_t i = 0; i < (f->arguments[p].kind == RATE ? 7u : 5u); i++) {
    a[p].real = reals[i];
    check(f, a, p, i);
  }
}

static void bad_texts(const struct function *f, struct argument *a, size_t p) {
  static const char *const names[] = {NULL,
                                      "",
                                      "x",
                                      "A",
                                      "a b",
                                      "%s%n",
                                      "modules.0.nothing",
                                      "a_name_of_sixty_four_characters_which_is_just_one_above_the_limit"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (i == 0 && f->arguments[p].kind == TENSOR) {
      continue;
    } /* all of them */
    if (i > 1 && f->arguments[p].kind == PATH) {
      return;
    }
    a[p].data = names[i];
    check(f, a, p, i);
  }
}

static void bad_options(const struct function *f, struct argument *a, size_t p) {
  static uint64_t block[2048];
  static const uint64_t sizes[] = {0, 1, 7, 4096, 16384, SIZE_MAX};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    memset(block, 0xff, sizeof block);
    block[0] = sizes[i];
    a[p].data = block;
    check(f, a, p, i);
  }
}

static void misuse(const struct function *f) {
  uint64_t before = digest();
  for (size_t p = 0; p < 7; p++) {
    struct argument a[7];
    memcpy(a, f->arguments, sizeof a);
    switch (a[p].kind) {
    case NOTHING:
    case ANY: break;
    case INDEX:
    case COUNT:
    case AMOUNT:
    case MOST: bad_numbers(f, a, p); break;
    case WEIGHT:
    case RATE: bad_reals(f, a, p); break;
    case NAME:
    case PATH:
    case TENSOR: bad_texts(f, a, p); break;
    case DATA:
    case OUT:
      a[p].data = NULL;
      check(f, a, p, 0);
      break;
    case OPTIONS: bad_options(f, a, p); break;
    default: bad_handles(f, a, p); break;
    }
  }
  ck_assert_msg(before == digest(), "%s changed something", f->name);
}

/* --- the functions ------------------------------------------------------------------------------------------------ */

#include "misuse_calls.h"

START_TEST(every_function_every_parameter) {
  set_up();
  const struct function functions[] = {MISUSE_FUNCTIONS};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    misuse(&functions[i]);
  }
  ck_assert_uint_ge(w.calls, 1000);
  /* After all that, the objects still work. */
  EXPECT_OK(thalnet_step(w.optimizer, w.net));
  EXPECT_OK(thalnet_forward_backward(w.net, w.batch, w.state));
  EXPECT_OK(thalnet_step(w.optimizer, w.net));
  tear_down();
}
END_TEST

/* The contents of a batch are those that were set before the bad calls. */
START_TEST(contents_survive_bad_calls) {
  set_up();
  float *before = support_output(w.net, w.batch, 0, S, K);
  double loss = support_loss(w.batch, 0);
  const struct function functions[] = {MISUSE_FUNCTIONS};
  EXPECT_OK(thalnet_state_reset(w.state, NULL, 0));
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    misuse(&functions[i]);
  }
  EXPECT_OK(thalnet_forward_backward(w.net, w.batch, w.state));
  float *after = support_output(w.net, w.batch, 0, S, K);
  ck_assert(support_same(before, after, S * K * 4));
  ck_assert(loss == support_loss(w.batch, 0));
  free(before);
  free(after);
  tear_down();
}
END_TEST

/* Questions that return no status: wrong handles give -1, 0 or NULL and leave the text alone. */
static void ask(const void *handle) {
  const thalnet_center *c = handle;
  if (handle != w.net) {
    ck_assert_int_le(thalnet_center_is_built(c), 0);
    ck_assert_int_le(thalnet_center_input_count(c) + thalnet_center_output_count(c), 0);
    ck_assert_int_le(thalnet_center_module_count(c) + thalnet_center_settle_steps(c), 0);
    ck_assert_int_eq(thalnet_center_find_input(c, "x"), -1);
    ck_assert_int_eq(thalnet_center_find_output(c, "class"), -1);
    ck_assert_int_eq(thalnet_center_find_module(c, "module0"), -1);
    ck_assert(!thalnet_center_input_name(c, 0) && !thalnet_center_output_name(c, 0));
    ck_assert(!thalnet_center_module_name(c, 0) && !thalnet_center_module_reader(c, 0));
    ck_assert_uint_eq(thalnet_center_input_size(c, 0) + thalnet_center_output_size(c, 0), 0);
    ck_assert_int_le(thalnet_center_input_is_tokens(c, 1), 0);
    ck_assert_int_le(thalnet_center_input_steps_per_frame(c, 0), 0);
    ck_assert_int_le(thalnet_center_output_steps_per_frame(c, 0), 0);
    ck_assert_int_eq(thalnet_center_output_loss(c, 0), -1);
    ck_assert_int_le(thalnet_center_steps_per_frame(c), 0);
    ck_assert_int_le(thalnet_center_input_frames(c, 0), 0);
    ck_assert_int_le(thalnet_center_output_frames(c, 0), 0);
    ck_assert_uint_eq(thalnet_center_features(c) + thalnet_center_module_offset(c, 1), 0);
    ck_assert_uint_eq(thalnet_center_module_features(c, 0) + thalnet_center_module_context(c, 0), 0);
    ck_assert_uint_eq(thalnet_center_tensor_count(c) + thalnet_center_parameter_count(c), 0);
    ck_assert_ptr_null(thalnet_center_tensor_name(c, 0));
    ck_assert_int_eq(thalnet_center_tensor_shape(c, "outputs.0.bias", (size_t[3]){0}), 0);
    ck_assert_int_eq(thalnet_center_learned_start(c) + thalnet_center_in_order(c), 0);
    ck_assert_int_eq(thalnet_center_is_frozen(c, "outputs.0.bias"), 0);
    ck_assert_ptr_null(thalnet_center_get_module((thalnet_center *)(uintptr_t)c, 0));
  }
  if (handle != w.batch) {
    ck_assert_uint_eq(thalnet_batch_sequences(handle) + thalnet_batch_frames(handle), 0);
  }
  if (handle != w.state) {
    ck_assert_uint_eq(thalnet_state_rows(handle) + thalnet_state_values(handle), 0);
  }
  if (handle != w.optimizer) {
    ck_assert(thalnet_optimizer_rate(handle) == 0.0 && thalnet_optimizer_gradient_norm(handle) == 0.0);
    ck_assert_uint_eq(thalnet_optimizer_steps(handle) + thalnet_optimizer_skipped(handle), 0);
    ck_assert_int_eq(thalnet_optimizer_averages_swapped(handle), 0);
  }
  if (handle != w.graph) {
    ck_assert_uint_eq(thalnet_graph_node_count(handle) + thalnet_graph_edge_count(handle), 0);
  }
  size_t pairs = 1;
  ck_assert(thalnet_checkpoint_pairs(handle, &pairs) == NULL && pairs == 0);
  ck_assert(thalnet_checkpoint_find(handle, "x") == NULL && thalnet_checkpoint_build(handle) == NULL);
  ck_assert_int_eq(thalnet_checkpoint_same_build(handle), 0);
  ck_assert_int_eq(thalnet_reader_kind(handle), -1);
  ck_assert_uint_eq(thalnet_reader_context(handle), 0);
}

START_TEST(questions_with_wrong_handles) {
  set_up();
  const void *handles[] = {NULL, w.zeros, w.net, w.module, w.batch, w.state, w.optimizer, w.graph, w.watch};
  char text[500];
  EXPECT(thalnet_softmax(NULL, 1), THALNET_ERROR_ARGUMENT);
  snprintf(text, sizeof text, "%s", thalnet_error_text());
  for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
    ask(handles[i]);
  }
  ck_assert_str_eq(thalnet_error_text(), text);
  tear_down();
}
END_TEST

/* Freeing what is no such handle does nothing. */
START_TEST(frees_of_wrong_handles) {
  set_up();
  void *handles[] = {NULL, w.zeros, w.net, w.module, w.batch, w.state, w.optimizer, w.graph};
  const uint64_t before = digest();
  for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
    handles[i] != w.net ? thalnet_center_free(handles[i]) : (void)0;
    handles[i] != w.batch ? thalnet_batch_free(handles[i]) : (void)0;
    handles[i] != w.state ? thalnet_state_free(handles[i]) : (void)0;
    handles[i] != w.optimizer ? thalnet_optimizer_free(handles[i]) : (void)0;
    handles[i] != w.graph ? thalnet_graph_free(handles[i]) : (void)0;
    thalnet_checkpoint_free(handles[i]);
  }
  ck_assert_uint_eq(digest(), before);
  ck_assert_uint_eq(thalnet_graph_edge_count(w.graph), w.edges);
  tear_down();
}
END_TEST

/* The right handle, but too early, or asked for what is not there. */
START_TEST(questions_that_have_no_answer) {
  set_up();
  thalnet_batch *fresh = support_batch(w.net, S, K);
  ck_assert_uint_eq(thalnet_batch_sequences(fresh) + thalnet_batch_frames(fresh), 0);
  ck_assert_uint_eq(thalnet_batch_sequences(w.batch), S);
  ck_assert_uint_eq(thalnet_batch_frames(w.batch), K);
  ck_assert_int_eq(thalnet_center_find_input(w.net, NULL), -1);
  ck_assert_int_eq(thalnet_center_find_output(w.net, NULL), -1);
  ck_assert_int_eq(thalnet_center_find_module(w.net, NULL), -1);
  ck_assert_int_eq(thalnet_center_input_frames(w.draft, 0) + thalnet_center_output_frames(w.draft, 0), 0);
  ck_assert_int_eq(thalnet_center_input_frames(w.net, 0) + thalnet_center_output_frames(w.net, 0), 2);
  ck_assert_ptr_null(thalnet_center_get_module(w.net, -1));
  ck_assert_ptr_null(thalnet_center_get_module(w.net, thalnet_center_module_count(w.net)));
  ck_assert_ptr_eq(thalnet_center_get_module(w.draft, 0), w.module);
  EXPECT_OK(thalnet_center_set_frozen(w.net, "outputs.0.bias", 1));
  ck_assert_int_eq(thalnet_center_is_frozen(w.net, "outputs.0.bias"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(w.net, "outputs.1.bias"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(w.net, "outputs.7.bias"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(w.net, NULL), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(w.draft, "outputs.0.bias"), 0);
  thalnet_batch_free(fresh);
  tear_down();
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_function_every_parameter, contents_survive_bad_calls,
                                questions_with_wrong_handles, questions_that_have_no_answer, frees_of_wrong_handles};
  return SUPPORT_RUN("misuse", tests);
}
