/* SPDX-License-Identifier: MIT */
/* edit.h: softmax and Gaussian readers that have learned, and see new features. */
#include "edit_nets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

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
      edit_built(draft, 9);
      ck_assert(thalnet_center_parameter_count(draft) >= thalnet_center_parameter_count(net));
      edit_same_function(net, draft, 1e-6, what);
      const int split = edit_has(draft, "twin");
      ck_assert_int_eq(edit_has_tensor(draft, "modules.0.reader.parts.1.gate"),
                       c == 1 || c == 2 || (c == 3 && split) || c == 5);
      ck_assert(!edit_has_tensor(draft, "modules.0.reader.gate") &&
                !edit_has_tensor(draft, "modules.0.reader.parts.2.gate"));
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
    edit_built(draft, 9);
    edit_same_function(net, draft, own ? 0 : 1e-6, "a new module");
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
    edit_built(draft, 9);
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
      edit_same_function(net, draft, 1e-6, name);
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
    edit_built(draft, 9);
    edit_route(net, old);
    edit_route(draft, new);
    float *before = support_parameters(draft);
    edit_learn(draft, 20, 500);
    float *after = support_parameters(draft);
    edit_route(draft, later);
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
    edit_built(draft, 9);
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
    edit_built(draft, 9);
    edit_learn(draft, 20, 500);
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
    edit_built(draft, 9);
    edit_learn(draft, 5, 3);
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
  edit_built(draft, 9);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.weight"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.parts.1.weight"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.parts.1.gate"), 0);
  EXPECT_OK(thalnet_center_set_frozen(draft, "modules.1.reader.parts.1.", 1));
  EXPECT_OK(thalnet_center_set_frozen(draft, "modules.1.reader.weight", 0));
  thalnet_center *next = edit_start(draft);
  edit_attach(next);
  edit_built(next, 10);
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

/* Of two modules that are there from the beginning, or one after the other, the first has a gate [3] or not, and two parts that
 * look through two slices. */
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
  ck_assert_uint_eq(size[1].step_operations, size[0].step_operations + 2 * 3 + 2 * 2);
  ck_assert_uint_eq(size[1].state_values, size[0].state_values);
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
                                old_parts_stay_frozen,
                                a_gate_is_what_a_part_costs};
  return SUPPORT_RUN("edit_readers", tests);
}
