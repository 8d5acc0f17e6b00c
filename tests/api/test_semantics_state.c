/* SPDX-License-Identifier: MIT */
/* Small facts about memory: segments, frame by frame, rows of any age, windows that are not finite. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 3, K = 6 };

/* One long sequence is the same as its segments with a carried state, and as its frames one after the other. */
static void in_segments(thalnet_center *net, int32_t kind) {
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *whole = support_state(net, S), *carried = support_state(net, S), *live = support_state(net, S);
  static const size_t cuts[] = {0, 1, 4, 6};
  size_t values = S * thalnet_state_values(whole);
  float x[S * K * 3], part[S * K * 3], frame[S * 3], answer[S * 4];
  support_randoms(x, S * K * 3, 7);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
  EXPECT_OK(thalnet_forward(net, batch, whole));
  float *output = support_output(net, batch, 0, S, K), *a = support_rows(whole), *b, *c;
  for (size_t i = 0; i < 3; i++) {
    size_t length = cuts[i + 1] - cuts[i];
    for (size_t s = 0; s < S; s++) {
      memcpy(part + s * length * 3, x + (s * K + cuts[i]) * 3, length * 3 * sizeof *x);
    }
    EXPECT_OK(thalnet_batch_begin(batch, S, length));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, part, S * length * 3));
    EXPECT_OK(thalnet_forward(net, batch, carried));
    float *piece = support_output(net, batch, 0, S, length);
    for (size_t s = 0; s < S; s++) {
      double distance = support_distance(piece + s * length * 4, output + (s * K + cuts[i]) * 4, length * 4);
      ck_assert_msg(distance < 1e-6, "kind %d, segment %zu: %g", (int)kind, i, distance);
    }
    free(piece);
  }
  for (size_t k = 0; k < K; k++) {
    for (size_t s = 0; s < S; s++) {
      memcpy(frame + s * 3, x + (s * K + k) * 3, 3 * sizeof *x);
    }
    EXPECT_OK(thalnet_state_step(net, live, frame, S * 3, answer, S * 4));
    for (size_t s = 0; s < S; s++) {
      double distance = support_distance(answer + s * 4, output + (s * K + k) * 4, 4);
      ck_assert_msg(distance < 1e-6, "kind %d, frame %zu: %g", (int)kind, k, distance);
    }
  }
  b = support_rows(carried);
  c = support_rows(live);
  ck_assert(support_distance(a, b, values) < 1e-6);
  ck_assert(support_distance(a, c, values) < 1e-6);
  free(output);
  free(a);
  free(b);
  free(c);
  thalnet_state_free(whole);
  thalnet_state_free(carried);
  thalnet_state_free(live);
  thalnet_batch_free(batch);
}

START_TEST(segments_and_frames) {
  for (int32_t kind = 0; kind < SUPPORT_TASKS; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    in_segments(net, kind);
    thalnet_center_free(net);
  }
}
END_TEST

/* A row does not care who else is in the state, nor how old they are. */
START_TEST(rows_of_any_age) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  thalnet_state *together = support_state(net, 3), *alone = support_state(net, 1);
  float frames[3 * 3], answers[12], answer[4];
  size_t one = 1, zero = 0;
  for (uint64_t i = 0; i < 7; i++) {
    support_randoms(frames, 9, i);
    EXPECT_OK(thalnet_state_step(net, together, frames, 9, answers, 12));
  }
  EXPECT_OK(thalnet_state_reset(together, &one, 1));
  for (uint64_t i = 0; i < 5; i++) {
    support_randoms(frames, 9, 50 + i);
    EXPECT_OK(thalnet_state_step(net, together, frames, 9, answers, 12));
    EXPECT_OK(thalnet_state_step(net, alone, frames + 3, 3, answer, 4));
    ck_assert(support_distance(answers + 4, answer, 4) < 1e-6);
  }
  /* Advancing the first rows leaves the others alone. */
  float *before = support_rows(together);
  EXPECT_OK(thalnet_state_set_input(together, 0, frames, 6));
  EXPECT_OK(thalnet_state_advance(net, together, 2));
  float *after = support_rows(together);
  size_t size = thalnet_state_values(together);
  ck_assert(support_same(before + 2 * size, after + 2 * size, size));
  ck_assert(!support_same(before, after, size));
  EXPECT_OK(thalnet_state_copy(alone, &zero, together, &one, 1));
  free(before);
  free(after);
  thalnet_state_free(together);
  thalnet_state_free(alone);
  thalnet_center_free(net);
}
END_TEST

/* A window whose loss is not finite loses no history: state and gradients are as before. */
START_TEST(a_bad_window_changes_nothing) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  size_t all = thalnet_center_parameter_count(net), values = S * thalnet_state_values(state);
  float x[S * K * 3];
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  float *rows = support_rows(state), *gradients = support_gradients(net);
  for (size_t way = 0; way < 3; way++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    support_fill(net, batch, S, K, 2);
    support_randoms(x, S * K * 3, 3);
    x[way * K * 3 + 3] = way == 1 ? INFINITY : NAN;
    if (way == 1) {
      x[K * 3 + 4] = -INFINITY;
    }
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
    thalnet_status status = thalnet_forward(net, batch, state);
    if (way == 1 && status == THALNET_OK) {
      break;
    } /* infinite inputs may saturate */
    ck_assert_int_eq(status, THALNET_ERROR_NONFINITE);
    EXPECT_OK(thalnet_batch_measure(batch, 0, &measure));
    ck_assert(!isfinite(measure.loss_sum));
    float *output = support_output(net, batch, 0, S, K);
    ck_assert(isfinite(output[((way + 1) % S) * K * 4]));
    free(output);
    EXPECT(thalnet_forward_backward(net, batch, state), THALNET_ERROR_NONFINITE);
    float *after = support_rows(state), *kept = support_gradients(net);
    ck_assert(support_same(rows, after, values));
    ck_assert(support_same(gradients, kept, all));
    free(after);
    free(kept);
  }
  EXPECT_OK(thalnet_state_reset(state, NULL, 0));
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  float *again = support_gradients(net);
  ck_assert(support_same(gradients, again, all));
  free(rows);
  free(gradients);
  free(again);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {segments_and_frames, rows_of_any_age, a_bad_window_changes_nothing};
  return SUPPORT_RUN("semantics_state", tests);
}
