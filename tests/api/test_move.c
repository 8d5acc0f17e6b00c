/* SPDX-License-Identifier: MIT */
/* edit.h: optimizers and states that go on with an edited network. */
#include "edit_nets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what goes on ------------------------------------------------------------------------------------------------- */

/* Training goes on as if nothing had happened. */
START_TEST(optimizers_go_on) {
  for (int32_t variant = 0; variant < 8; variant++) {
    const int32_t kind = THALNET_SGD + variant / 2;
    edit_hosts = variant % 2;
    thalnet_center *net = edit_make(0, THALNET_LINEAR, 0, 1), *draft;
    thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
    thalnet_optimizer *optimizer = NULL, *moved = NULL;
    options.rate = 0.01;
    options.momentum = 0.9;
    options.average = 0.9;
    options.schedule = THALNET_SCHEDULE_COSINE;
    EXPECT_OK(thalnet_optimizer_create(net, kind, &options, &optimizer));
    edit_train(net, optimizer, 5, 1);
    draft = edit_start(net);
    EXPECT_OK(thalnet_center_build(draft, 9));
    EXPECT_OK(thalnet_optimizer_move(optimizer, draft, &moved));
    ck_assert_uint_eq(thalnet_optimizer_steps(moved), 5);
    ck_assert(thalnet_optimizer_rate(moved) == thalnet_optimizer_rate(optimizer));
    for (int swapped = 0; swapped < 2; swapped++) {
      edit_train(net, optimizer, 3, 50);
      edit_train(draft, moved, 3, 50);
      EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
      EXPECT_OK(thalnet_optimizer_swap_averages(moved, draft));
      float *a = support_parameters(net), *b = support_parameters(draft);
      ck_assert(support_same(a, b, thalnet_center_parameter_count(net)));
      free(a);
      free(b);
      EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
      EXPECT_OK(thalnet_optimizer_swap_averages(moved, draft));
    }
    thalnet_optimizer_free(optimizer);
    thalnet_center_free(net);
    thalnet_optimizer_free(moved);
    thalnet_center_free(draft);
  }
  edit_hosts = 0;
}
END_TEST

/* Averages of readers whose matrices lose columns or are shared out: those of the averaged network, edited. */
START_TEST(averages_are_those_of_the_averaged_network) {
  for (int change = 0; change < 2; change++) {
    thalnet_center *net = edit_make(0, THALNET_WEIGHT_NORM, 0, 0), *draft, *other;
    thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
    thalnet_optimizer *optimizer = NULL, *moved = NULL;
    options.average = 0.9;
    EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
    edit_train(net, optimizer, 5, 1);
    draft = edit_start(net);
    other = edit_start(net);
    for (int k = 0; k < 2; k++) {
      if (change == 0) {
        edit_split_two(k == 0 ? draft : other);
      } else {
        EXPECT_OK(thalnet_module_remove(edit_module(k == 0 ? draft : other, "module2")));
      }
    }
    EXPECT_OK(thalnet_center_build(draft, 9));
    EXPECT_OK(thalnet_optimizer_move(optimizer, draft, &moved));
    EXPECT_OK(thalnet_optimizer_swap_averages(moved, draft));
    EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
    EXPECT_OK(thalnet_center_build(other, 9)); /* of the averages, which are in the center now */
    float *a = support_parameters(draft), *b = support_parameters(other);
    ck_assert_double_le(support_distance(a, b, thalnet_center_parameter_count(draft)), 1e-6);
    free(a);
    free(b);
    thalnet_optimizer *late = NULL;
    EXPECT(thalnet_optimizer_move(optimizer, other, &late), THALNET_ERROR_STATE);
    ck_assert_ptr_null(late);
    thalnet_optimizer_free(optimizer);
    thalnet_optimizer_free(moved);
    thalnet_center_free(net);
    thalnet_center_free(draft);
    thalnet_center_free(other);
  }
}
END_TEST

/* In a network that has grown, what was there before moves as it would have; what is new moves about as far, not many times. */
START_TEST(old_moments_serve_in_a_grown_network) {
  thalnet_center *net = edit_make(0, THALNET_LINEAR, 0, 0);
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL, *moved = NULL;
  options.rate = 0.001;
  options.beta1 =
      0.5; /* without a second moment the first update would be 0.5 / sqrt(0.001 * 3.8) = 8 times the rate */
  options.clip_norm = (double)INFINITY;
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  edit_train(net, optimizer, 300, 1);
  thalnet_center *draft = edit_start(net);
  edit_attach(draft);
  EXPECT_OK(thalnet_center_build(draft, 9));
  EXPECT_OK(thalnet_optimizer_move(optimizer, draft, &moved));
  float old[4 * 12], new[4 * 19], last[4 * 19];
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.weight", last, 76));
  edit_train(net, optimizer, 1, 900);
  edit_train(draft, moved, 1, 900);
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.weight", old, 48));
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.weight", new, 76));
  double moved_new = 0;
  for (int c = 0; c < 4; c++) {
    for (int k = 0; k < 12; k++) {
      ck_assert_float_eq_tol(old[c * 12 + k], new[c * 19 + k], 1e-6f);
    }
    for (int k = 12; k < 19; k++) {
      ck_assert(last[c * 19 + k] == 0.0f);
      moved_new = fmax(moved_new, fabs((double)new[c * 19 + k]));
    }
  }
  ck_assert_msg(moved_new > 0.0 && moved_new < 0.004, "%g", moved_new);
  thalnet_optimizer_free(optimizer);
  thalnet_optimizer_free(moved);
  thalnet_center_free(net);
  thalnet_center_free(draft);
}
END_TEST

/* The third row has not begun: it is the start, and goes on being it when that is written. */
static void check_fresh_row(thalnet_center *net, const thalnet_state *state) {
  const size_t features = thalnet_center_features(net), size = thalnet_state_values(state);
  float *start = malloc(features * sizeof *start), *row = malloc(size * sizeof *row);
  support_randoms(start, features, 5);
  EXPECT_OK(thalnet_center_write(net, "center.start", start, features));
  EXPECT_OK(thalnet_state_read(state, 2, row, size));
  ck_assert(support_same(start, row, features));
  free(start);
  free(row);
}

/* A stream that is moved in the middle says what it would have said. */
static void move_stream(void (*change)(thalnet_center *), int32_t kind, int32_t in_order, int32_t skip_own) {
  thalnet_center *net = edit_make_trained(in_order, kind, skip_own, 1), *draft = edit_start(net);
  thalnet_state *state = support_state(net, 3), *moved = NULL;
  const int32_t tokens[2] = {1, 4};
  float x[2 * 3], said[2][2 * 4];
  change(draft);
  ck_assert_int_eq(edit_has(draft, "twin"),
                   (change == edit_split_two || change == edit_everything) && (!in_order || skip_own));
  EXPECT_OK(thalnet_center_build(draft, 9));
  for (int frame = 0; frame < 6; frame++) {
    support_randoms(x, 6, (uint64_t)frame + 1);
    for (int k = 0; k < (frame < 3 ? 1 : 2); k++) {
      thalnet_state *mine = k == 0 ? state : moved;
      EXPECT_OK(thalnet_state_set_input(mine, 0, x, 6));
      EXPECT_OK(thalnet_state_set_tokens(mine, 1, tokens, 2));
      EXPECT_OK(thalnet_state_advance(k == 0 ? net : draft, mine, frame == 0 ? 1 : 2));
      EXPECT_OK(thalnet_state_read_output(mine, 0, said[k], frame == 0 ? 4 : 8));
    }
    if (frame >= 3) {
      ck_assert_double_le(support_distance(said[0], said[1], 8), 1e-6);
    }
    if (frame == 2) {
      EXPECT_OK(thalnet_state_move(state, draft, &moved));
      ck_assert_uint_eq(thalnet_state_rows(moved), 3);
    }
  }
  check_fresh_row(draft, moved);
  thalnet_state_free(state);
  thalnet_center_free(net);
  thalnet_state_free(moved);
  thalnet_center_free(draft);
}

START_TEST(streams_go_on) {
  for (size_t c = 0; c < EDIT_CHANGES; c++) {
    for (int32_t variant = 0; variant < 32; variant++) {
      edit_hosts = variant >> 4;
      move_stream(edit_changes[c], THALNET_WEIGHT_NORM + (variant >> 2 & 3), variant & 1, variant >> 1 & 1);
    }
  }
  edit_hosts = 0;
}
END_TEST

START_TEST(what_is_not_related_is_not_moved) {
  thalnet_center *net = edit_make(0, THALNET_LINEAR, 0, 0), *other = edit_make(0, THALNET_LINEAR, 0, 0),
                 *draft = edit_start(net);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01), *moved = NULL;
  thalnet_state *state = support_state(net, 1), *continued = NULL;
  EXPECT(thalnet_optimizer_move(optimizer, draft, &moved), THALNET_ERROR_STATE);
  EXPECT(thalnet_optimizer_move(optimizer, other, &moved), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_state_move(state, other, &continued), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_state_move(state, net, &continued), THALNET_ERROR_MISMATCH);
  ck_assert(moved == NULL && continued == NULL);
  EXPECT_OK(thalnet_center_build(draft, 1));
  EXPECT(thalnet_optimizer_move(optimizer, draft, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_move(state, draft, NULL), THALNET_ERROR_ARGUMENT);
  thalnet_center_free(draft);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {optimizers_go_on, averages_are_those_of_the_averaged_network,
                                old_moments_serve_in_a_grown_network, streams_go_on, what_is_not_related_is_not_moved};
  return SUPPORT_RUN("move", tests);
}
