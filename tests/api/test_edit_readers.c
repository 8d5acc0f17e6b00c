/* SPDX-License-Identifier: MIT */
/* edit.h: softmax and Gaussian readers that have learned, and see new features. */
#include "edit_nets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

static int has_tensor(const thalnet_center *net, const char *name) {
  size_t shape[3];
  return thalnet_center_tensor_shape(net, name, shape) > 0;
}

static void same_function(const thalnet_center *a, const thalnet_center *b, double most, const char *what) {
  static const char *const outputs[] = {"y", "z"};
  for (int i = 0; i < 2; i++) {
    const double distance = edit_distance(a, b, outputs[i]);
    ck_assert_msg(distance <= most, "%s: %s differs by %g", what, outputs[i], distance);
  }
}

/* Routing by weight on a batch. */
static void route(const thalnet_center *net, float *values) {
  const size_t modules = (size_t)thalnet_center_module_count(net);
  thalnet_batch *batch = support_batch(net, S, K);
  support_fill(net, batch, S, K, 31);
  EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_WEIGHT, values, modules * modules));
  thalnet_batch_free(batch);
}

static void learn(thalnet_center *net, int32_t steps, uint64_t seed) {
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.02);
  edit_train(net, optimizer, steps, seed);
  thalnet_optimizer_free(optimizer);
}

static thalnet_center *built(thalnet_center *draft, uint64_t seed) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  EXPECT_OK(thalnet_center_measure(draft, &size)); /* a draft may be laid out as often as one likes */
  EXPECT_OK(thalnet_center_build(draft, seed));
  ck_assert_uint_eq(size.parameters, thalnet_center_parameter_count(draft));
  return draft;
}

/* --- the function ------------------------------------------------------------------------------------------------- */

/* Over several frames of several steps. The gates are 0, so what readers add is exactly nothing; but layers that have grown are sums of
 * more terms, which a BLAS may take in another order. */
START_TEST(the_function_stays_the_same) {
  for (int32_t variant = 0; variant < 24; variant++) {
    const int32_t kind = THALNET_SOFTMAX + variant % 3, in_order = variant / 3 & 1, skip_own = variant / 6 & 1;
    thalnet_center *net = edit_trained(edit_make_paced(1 + variant / 12 * 2, in_order, kind, skip_own, variant & 1));
    for (size_t c = 0; c < EDIT_CHANGES; c++) {
      char what[64];
      snprintf(what, sizeof what, "variant %d, change %zu", (int)variant, c);
      thalnet_center *draft = edit_start(net);
      edit_changes[c](draft);
      built(draft, 9);
      ck_assert(thalnet_center_parameter_count(draft) >= thalnet_center_parameter_count(net));
      same_function(net, draft, 1e-6, what);
      const int split = edit_has(draft, "twin");
      ck_assert_int_eq(has_tensor(draft, "modules.0.reader.parts.1.gate"),
                       c == 1 || c == 2 || (c == 3 && split) || c == 5);
      ck_assert(!has_tensor(draft, "modules.0.reader.gate") && !has_tensor(draft, "modules.0.reader.parts.2.gate"));
      thalnet_center_free(draft);
    }
    thalnet_center_free(net);
  }
}
END_TEST

/* A new module alone leaves all sums as they were: not a bit changes, but where a BLAS adds zeros of the output's matrix. */
START_TEST(a_new_module_changes_no_bit) {
  const int own = strstr(thalnet_build_info(), "products=own") != NULL;
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 0);
    thalnet_center *draft = edit_start(net);
    edit_attach(draft);
    built(draft, 9);
    same_function(net, draft, own ? 0 : 1e-6, "a new module");
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* The comparison sees a gate that is not shut, of every part. */
START_TEST(an_open_gate_would_be_seen) {
  for (int32_t kind = THALNET_SOFTMAX; kind <= EDIT_NORMALIZED; kind++) {
    thalnet_center *net = edit_make_trained(0, kind, 0, 0), *draft = edit_start(net);
    edit_everything(draft);
    built(draft, 9);
    const float zeros[4] = {0, 0, 0, 0}, open[4] = {0.3f, -0.2f, 0.1f, 0.4f};
    for (int32_t m = 0; m < 6; m++) { /* all but the new one */
      char name[64];
      float gate[4] = {1, 1, 1, 1};
      snprintf(name, sizeof name, "modules.%d.reader.parts.1.gate", (int)m);
      EXPECT_OK(thalnet_center_read(draft, name, gate, 4));
      ck_assert(gate[0] == 0.0f && gate[1] == 0.0f && gate[2] == 0.0f && gate[3] == 0.0f);
      EXPECT_OK(thalnet_center_write(draft, name, open, 4));
      ck_assert_double_gt(fmax(edit_distance(net, draft, "y"), edit_distance(net, draft, "z")), 1e-6);
      EXPECT_OK(thalnet_center_write(draft, name, zeros, 4));
      same_function(net, draft, 1e-6, name);
    }
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* --- learning ----------------------------------------------------------------------------------------------------- */

static void all_learn(const thalnet_center *net, const float *before, const float *after) {
  for (size_t t = 0, at = 0; t < thalnet_center_tensor_count(net); t++) {
    size_t shape[3] = {0}, same = 0;
    thalnet_center_tensor_shape(net, thalnet_center_tensor_name(net, t), shape);
    const size_t count = shape[0] * shape[1] * shape[2];
    for (size_t i = 0; i < count; i++, at++) {
      same += before[at] == after[at];
    }
    ck_assert_msg(same == 0, "%s: %zu of %zu do not learn", thalnet_center_tensor_name(net, t), same, count);
  }
}

/* Nobody reads the new module at first; then everybody does. */
START_TEST(gates_open) {
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 0);
    thalnet_center *draft = edit_start(net);
    float old[9], new[16], later[16];
    edit_attach(draft);
    built(draft, 9);
    route(net, old);
    route(draft, new);
    float *before = support_parameters(draft);
    learn(draft, 20, 500);
    float *after = support_parameters(draft);
    route(draft, later);
    all_learn(draft, before, after);
    for (int i = 0; i < 3; i++) {
      ck_assert_msg(new[i * 4 + 3] == 0.0f && later[i * 4 + 3] > 1e-3f, "%g", (double)later[i * 4 + 3]);
      for (int j = 0; j < 3; j++) {
        ck_assert_float_eq_tol(new[i * 4 + j], old[i * 3 + j], 1e-6f);
      }
    }
    free(before);
    free(after);
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* Optimizers go on: old numbers move as they would have, for the gates are shut when the first gradient is made; gates and new parts
 * have moments of their own. */
START_TEST(optimizers_go_on) {
  for (int32_t kind = THALNET_SOFTMAX; kind <= EDIT_NORMALIZED; kind++) {
    thalnet_center *net = edit_make(0, kind, 0, 0);
    thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
    thalnet_optimizer *optimizer = NULL, *moved = NULL;
    options.rate = 0.001;
    options.average = 0.9;
    options.clip_norm = (double)INFINITY;
    EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
    edit_train(net, optimizer, 30, 1);
    thalnet_center *draft = edit_start(net);
    edit_attach(draft);
    built(draft, 9);
    EXPECT_OK(thalnet_optimizer_move(optimizer, draft, &moved));
    edit_train(net, optimizer, 1, 900);
    edit_train(draft, moved, 1, 900);
    for (int averaged = 0; averaged < 2; averaged++) {
      for (size_t t = 0; t < thalnet_center_tensor_count(net); t++) {
        const char *name = thalnet_center_tensor_name(net, t);
        size_t shape[3];
        float a[1024], b[1024];
        if (strncmp(name, "modules.", 8) != 0) {
          continue; /* outputs hear the new module */
        }
        thalnet_center_tensor_shape(net, name, shape);
        const size_t count = shape[0] * shape[1] * shape[2];
        ck_assert_uint_le(count, 1024);
        EXPECT_OK(thalnet_center_read(net, name, a, count));
        EXPECT_OK(thalnet_center_read(draft, name, b, count));
        ck_assert_msg(support_distance(a, b, count) <= 1e-6, "%s: %g", name, support_distance(a, b, count));
      }
      if (averaged == 0) {
        EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
        EXPECT_OK(thalnet_optimizer_swap_averages(moved, draft));
      }
    }
    thalnet_optimizer_free(optimizer);
    thalnet_optimizer_free(moved);
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* A part that reads one module alone is as good as shut when that is cut off. */
START_TEST(parts_are_cut_off) {
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 0);
    thalnet_center *draft = edit_start(net);
    unsigned char cut[8 * 8] = {0}; /* two inputs, four modules, two outputs */
    const float shut[4] = {0, 0, 0, 0};
    edit_attach(draft);
    built(draft, 9);
    learn(draft, 20, 500);
    thalnet_batch *batch = support_batch(draft, S, K);
    support_fill(draft, batch, S, K, 8);
    EXPECT_OK(thalnet_forward(draft, batch, NULL));
    float *whole = support_output(draft, batch, 0, S, K);
    cut[3 * 8 + 5] = 1; /* module 1 from the new one */
    EXPECT_OK(thalnet_center_ablate(draft, batch, cut, 64));
    float *without = support_output(draft, batch, 0, S, K);
    EXPECT_OK(thalnet_center_write(draft, "modules.1.reader.parts.1.gate", shut, 4));
    EXPECT_OK(thalnet_forward(draft, batch, NULL));
    float *closed = support_output(draft, batch, 0, S, K);
    ck_assert_double_le(support_distance(without, closed, S * K * 4), 1e-6);
    ck_assert_double_gt(support_distance(without, whole, S * K * 4), 1e-6);
    free(whole);
    free(without);
    free(closed);
    thalnet_batch_free(batch);
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* Matrices of parts decay as those of whole readers; gates do not, nor what a bias is. */
START_TEST(gates_do_not_decay) {
  for (int32_t kind = THALNET_SOFTMAX; kind <= EDIT_NORMALIZED; kind++) {
    thalnet_center *nets[2];
    thalnet_center *net = edit_make_trained(0, kind, 0, 0), *draft = edit_start(net);
    edit_attach(draft);
    built(draft, 9);
    learn(draft, 5, 3);
    struct model model = model_of(draft);
    for (int k = 0; k < 2; k++) {
      thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
      thalnet_optimizer *optimizer = NULL;
      options.weight_decay = k == 0 ? 0 : 0.5;
      EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &nets[k]));
      EXPECT_OK(thalnet_optimizer_create(nets[k], THALNET_ADAMW, &options, &optimizer));
      edit_train(nets[k], optimizer, 1, 40);
      thalnet_optimizer_free(optimizer);
    }
    for (size_t t = 0; t < thalnet_center_tensor_count(draft); t++) {
      const char *name = thalnet_center_tensor_name(draft, t);
      size_t shape[3];
      float a[1024], b[1024];
      if (strstr(name, "reader.parts.") == NULL) {
        continue;
      }
      const int32_t rank = thalnet_center_tensor_shape(draft, name, shape);
      const size_t count = shape[0] * shape[1] * shape[2];
      ck_assert_uint_le(count, 1024);
      EXPECT_OK(thalnet_center_read(nets[0], name, a, count));
      EXPECT_OK(thalnet_center_read(nets[1], name, b, count));
      const int decays = rank > 1 && strstr(name, ".bias") == NULL;
      ck_assert_msg(support_same(a, b, count) != decays, "%s", name);
    }
    model_free(&model);
    thalnet_center_free(nets[0]);
    thalnet_center_free(nets[1]);
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* Frozen readers stay frozen; their new parts are not. */
START_TEST(old_parts_stay_frozen) {
  thalnet_center *net = edit_make_trained(0, THALNET_SOFTMAX, 0, 0), *draft;
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.1.reader.", 1));
  draft = edit_start(net);
  edit_grow_all(draft);
  built(draft, 9);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.weight"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.parts.1.weight"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.parts.1.gate"), 0);
  EXPECT_OK(thalnet_center_set_frozen(draft, "modules.1.reader.parts.1.", 1));
  EXPECT_OK(thalnet_center_set_frozen(draft, "modules.1.reader.weight", 0));
  thalnet_center *next = edit_start(draft);
  edit_attach(next);
  built(next, 10);
  ck_assert_int_eq(thalnet_center_is_frozen(next, "modules.1.reader.weight"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(next, "modules.1.reader.bias"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(next, "modules.1.reader.parts.1.gate"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(next, "modules.1.reader.parts.2.gate"), 0);
  thalnet_center_free(net);
  thalnet_center_free(draft);
  thalnet_center_free(next);
}
END_TEST

static void add_pair(thalnet_center *draft, const char *name) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, name, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_SOFTMAX, 3, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
}

/* Of two modules that are there from the beginning, or one after the other, the first has a gate [3] or not. */
START_TEST(a_gate_is_what_a_part_costs) {
  thalnet_center_size size[2] = {THALNET_CENTER_SIZE_INIT, THALNET_CENTER_SIZE_INIT};
  for (int k = 0; k < 2; k++) {
    thalnet_center *net = NULL;
    EXPECT_OK(thalnet_center_create(NULL, &net));
    EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
    EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
    add_pair(net, "one");
    if (k == 1) {
      EXPECT_OK(thalnet_center_build(net, 1));
      thalnet_center *draft = edit_start(net);
      thalnet_center_free(net);
      net = draft;
    }
    add_pair(net, "other");
    EXPECT_OK(thalnet_center_build(net, 1));
    EXPECT_OK(thalnet_center_measure(net, &size[k]));
    thalnet_center_free(net);
  }
  ck_assert_uint_eq(size[1].parameters, size[0].parameters + 3);
  ck_assert_uint_eq(size[1].step_operations, size[0].step_operations + 2 * 3);
  ck_assert_uint_eq(size[1].state_values, size[0].state_values);
}
END_TEST

/* --- generations -------------------------------------------------------------------------------------------------- */

/* The next generation, which has learned. */
static thalnet_center *grown(thalnet_center *net, void (*change)(thalnet_center *), const char *what) {
  thalnet_center *draft = edit_start(net);
  change(draft);
  built(draft, 9);
  same_function(net, draft, 1e-6, what);
  thalnet_center_free(net);
  learn(draft, 10, 700);
  return draft;
}

static void attach_last(thalnet_center *draft) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, "last", NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 2, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 1));
}

static void split_all(thalnet_center *draft) {
  thalnet_module *second = NULL;
  for (int32_t m = thalnet_center_module_count(draft); m-- > 0;) {
    const thalnet_reader *reader = thalnet_center_module_reader(draft, m);
    if (reader == NULL || !thalnet_center_in_order(draft) || thalnet_reader_skips_own(reader)) {
      EXPECT_OK(thalnet_module_split(thalnet_center_get_module(draft, m), NULL, &second));
    }
  }
}

static void expect_shape(const thalnet_center *net, const char *name, size_t rows, size_t columns) {
  size_t shape[3] = {0};
  thalnet_center_tensor_shape(net, name, shape);
  ck_assert_msg(shape[0] == rows && shape[1] == columns, "%s is %zu x %zu, not %zu x %zu", name, shape[0], shape[1],
                rows, columns);
}

/* What a softmax reader sees is told by its biases' columns. */
START_TEST(generations_follow_each_other) {
  thalnet_center *net = edit_make_trained(0, THALNET_SOFTMAX, 0, 0); /* 5 + 3 + 4 features */
  net = grown(net, edit_attach, "a module");                         /* 7 */
  expect_shape(net, "modules.0.reader.bias", 4, 12);
  expect_shape(net, "modules.0.reader.parts.1.bias", 4, 7);
  net = grown(net, edit_grow_all, "all grow"); /* 2 and 4 and 3 */
  expect_shape(net, "modules.0.reader.bias", 4, 12);
  expect_shape(net, "modules.0.reader.parts.1.bias", 4, 7);
  expect_shape(net, "modules.0.reader.parts.2.bias", 4, 9);
  net = grown(net, attach_last, "one more");
  expect_shape(net, "modules.1.reader.parts.3.bias", 4, 2);
  net = grown(net, split_all, "all are split"); /* 7, 7, 7, 7, 7, 7, 7, 7, 2, 2 */
  expect_shape(net, "modules.1.reader.parts.4.bias", 4, 30);
  ck_assert_int_eq(thalnet_center_module_count(net), 10);
  thalnet_center_free(net);
}
END_TEST

START_TEST(generations_keep_the_function) {
  static void (*const changes[])(thalnet_center *) = {edit_everything, attach_last, split_all};
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 1);
    for (size_t c = 0; c < 3; c++) {
      char what[64];
      snprintf(what, sizeof what, "variant %d, generation %zu", (int)variant, c);
      net = grown(net, changes[c], what);
    }
    thalnet_center_free(net);
  }
}
END_TEST

/* --- removing ----------------------------------------------------------------------------------------------------- */

/* Growing and then removing what was added gives the first network again, with one part and all bits. */
START_TEST(there_and_back) {
  for (int32_t variant = 0; variant < 6; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3, THALNET_SOFTMAX + variant % 3, 1, 0), *draft = edit_start(net);
    edit_attach(draft);
    built(draft, 9);
    thalnet_center *back = edit_start(draft);
    thalnet_center_free(draft);
    EXPECT_OK(thalnet_module_remove(edit_module(back, "more")));
    built(back, 10);
    struct model one = model_of(net), other = model_of(back);
    ck_assert(one.size == other.size && memcmp(one.bytes, other.bytes, one.size) == 0);
    model_free(&one);
    model_free(&other);
    thalnet_center_free(back);
    thalnet_center_free(net);
  }
}
END_TEST

/* In the middle a part disappears, and those behind it move up by one. */
START_TEST(parts_move_up) {
  thalnet_center *net = edit_make_trained(0, THALNET_SOFTMAX, 0, 0), *draft;
  float gates[2][4], kept[4];
  net = grown(net, edit_attach, "more");
  net = grown(net, attach_last, "last");
  draft = edit_start(net);
  EXPECT_OK(thalnet_module_remove(edit_module(draft, "more")));
  built(draft, 9);
  expect_shape(draft, "modules.0.reader.parts.1.bias", 4, 2);
  ck_assert(!has_tensor(draft, "modules.0.reader.parts.2.bias"));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.parts.1.gate", gates[0], 4));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.parts.2.gate", gates[1], 4));
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.parts.1.gate", kept, 4));
  ck_assert(support_same(kept, gates[1], 4) && !support_same(kept, gates[0], 4));
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* Of a pair of modules that do not read themselves one is exchanged for another. */
static thalnet_center *exchanged(int32_t kind, int removed_at_once) {
  thalnet_center *net = NULL, *draft;
  thalnet_module *module = NULL;
  thalnet_reader_options skip = THALNET_READER_OPTIONS_INIT;
  skip.skip_own = 1;
  skip.normalize = kind == EDIT_NORMALIZED;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, skip.normalize ? THALNET_GAUSSIAN : kind, 3, &skip, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  draft = edit_start(net);
  EXPECT_OK(thalnet_center_add_module(draft, "other", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 2, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  thalnet_center_free(net);
  if (!removed_at_once) {
    built(draft, 2);
    learn(draft, 10, 3);
    net = draft;
    draft = edit_start(net);
    thalnet_center_free(net);
  }
  EXPECT_OK(thalnet_module_remove(edit_module(draft, "module1")));
  return built(draft, 4);
}

static void attach_other(thalnet_center *draft) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, "one_more", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
}

/* A batch is computed in the memory that it had, whatever was in it. */
static void computed_twice(const thalnet_center *net) {
  thalnet_batch *batch = support_batch(net, S, K);
  float *said[2];
  for (uint64_t turn = 0; turn < 3; turn++) {
    support_fill(net, batch, S, K, turn == 1 ? 8 : 7);
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    if (turn != 1) {
      said[turn / 2] = support_output(net, batch, 0, S, K);
    }
  }
  ck_assert(support_same(said[0], said[1], S * K * thalnet_center_output_size(net, 0)));
  free(said[0]);
  free(said[1]);
  thalnet_batch_free(batch);
}

/* A reader that has lost all that it saw reads by its gates alone: a reader of what is new learns, and one that has learned goes
 * on as it was. */
START_TEST(nothing_is_left_of_the_first_part) {
  for (int32_t kind = THALNET_SOFTMAX; kind <= EDIT_NORMALIZED; kind++) {
    for (int at_once = 0; at_once < 2; at_once++) {
      thalnet_center *net = exchanged(kind, at_once), *copy = NULL;
      float routing[4], gate[3];
      EXPECT_OK(thalnet_center_read(net, "modules.0.reader.parts.1.gate", gate, 3));
      ck_assert_int_eq(gate[0] == 0.0f, at_once);
      ck_assert(!has_tensor(net, "modules.0.reader.bias") && !has_tensor(net, "modules.0.reader.mean_bias"));
      route(net, routing);
      ck_assert_int_eq(routing[1] == 0.0f, at_once);
      struct model model = model_of(net);
      EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
      model_free(&model);
      ck_assert(edit_distance(net, copy, "y") == 0.0);
      computed_twice(copy);
      thalnet_center *next = edit_start(copy);
      attach_other(next);
      built(next, 5);
      ck_assert_double_le(edit_distance(copy, next, "y"), 1e-6);
      ck_assert(has_tensor(next, "modules.0.reader.parts.2.gate") &&
                !has_tensor(next, "modules.0.reader.parts.3.gate"));
      learn(next, 5, 9);
      thalnet_center_free(next);
      learn(net, 5, 9);
      route(net, routing);
      ck_assert(routing[1] > 0.0f && isfinite(routing[1]));
      thalnet_center_free(copy);
      thalnet_center_free(net);
    }
  }
}
END_TEST

/* --- files -------------------------------------------------------------------------------------------------------- */

START_TEST(files_have_the_parts) {
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 1), *copy;
    net = grown(net, edit_everything, "everything");
    net = grown(net, attach_last, "one more");
    struct model model = model_of(net), again;
    EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
    again = model_of(copy);
    ck_assert(model.size == again.size && memcmp(model.bytes, again.bytes, model.size) == 0);
    same_function(net, copy, 0, "a copy");
    thalnet_center_size one = THALNET_CENTER_SIZE_INIT, other = THALNET_CENTER_SIZE_INIT;
    EXPECT_OK(thalnet_center_measure(net, &one));
    EXPECT_OK(thalnet_center_measure(copy, &other));
    ck_assert_int_eq(memcmp(&one, &other, sizeof one), 0);
    copy = grown(copy, split_all, "of a copy"); /* which can be edited as any other */
    model_free(&model);
    model_free(&again);
    thalnet_center_free(copy);
    thalnet_center_free(net);
  }
}
END_TEST

/* The gradient of a copy of it that is computed so. */
static float *gradient_of(const struct model *model, int32_t threads, int32_t chunk, size_t sequences) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  center.threads = threads;
  center.chunk_sequences = chunk;
  options.center = &center;
  EXPECT_OK(thalnet_center_load_memory(model->bytes, model->size, &options, &net));
  thalnet_batch *batch = support_batch(net, sequences, K);
  support_fill(net, batch, sequences, K, 6);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *gradient = support_gradients(net);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return gradient;
}

/* So large that threads share its layers. */
static thalnet_center *make_large(int32_t kind) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  reader.normalize = kind == EDIT_NORMALIZED;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "t", 5, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "z", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 260, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, reader.normalize ? THALNET_GAUSSIAN : kind, 3, &reader, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, i));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 1));
  }
  EXPECT_OK(thalnet_center_build(net, 3));
  return net;
}

START_TEST(threads_change_no_bit) {
  for (int32_t variant = 0; variant < 6; variant++) {
    const int32_t kind = THALNET_SOFTMAX + variant % 3;
    const int large = variant >= 3;
    thalnet_center *net = large ? make_large(kind) : edit_make_trained(0, kind, 0, 0);
    net = grown(net, edit_attach, "a module");
    struct model model = model_of(net);
    const size_t count = thalnet_center_parameter_count(net), sequences = large ? 60 : 7;
    ck_assert_int_eq(count > (1 << 18), large);
    float *one = gradient_of(&model, 1, large ? 0 : 2, sequences),
          *three = gradient_of(&model, 3, large ? 0 : 2, sequences);
    ck_assert(support_same(one, three, count));
    free(one);
    free(three);
    model_free(&model);
    thalnet_center_free(net);
  }
}
END_TEST

/* A training that goes on from a checkpoint is the one that never stopped. */
START_TEST(checkpoints_have_the_parts) {
  thalnet_center *net = grown(edit_make_trained(0, THALNET_SOFTMAX, 0, 0), edit_everything, "everything"), *copy = NULL;
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01), *other;
  edit_train(net, optimizer, 3, 40);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = net;
  contents.optimizer = optimizer;
  struct model file = {NULL, 0};
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, NULL, 0, &file.size));
  file.bytes = malloc(file.size);
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, file.bytes, file.size, &file.size));
  EXPECT_OK(thalnet_center_load_memory(file.bytes, file.size, NULL, &copy));
  other = support_optimizer(copy, THALNET_ADAM, 0.01);
  contents.net = copy;
  contents.optimizer = other;
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  edit_train(net, optimizer, 3, 50);
  edit_train(copy, other, 3, 50);
  float *a = support_parameters(net), *b = support_parameters(copy);
  ck_assert(support_same(a, b, thalnet_center_parameter_count(net)));
  free(a);
  free(b);
  model_free(&file);
  thalnet_optimizer_free(optimizer);
  thalnet_optimizer_free(other);
  thalnet_center_free(copy);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {the_function_stays_the_same,
                                a_new_module_changes_no_bit,
                                an_open_gate_would_be_seen,
                                gates_open,
                                optimizers_go_on,
                                parts_are_cut_off,
                                gates_do_not_decay,
                                a_gate_is_what_a_part_costs,
                                old_parts_stay_frozen,
                                generations_follow_each_other,
                                generations_keep_the_function,
                                there_and_back,
                                parts_move_up,
                                nothing_is_left_of_the_first_part,
                                files_have_the_parts,
                                threads_change_no_bit,
                                checkpoints_have_the_parts};
  return SUPPORT_RUN("edit_readers", tests);
}
