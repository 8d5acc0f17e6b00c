/* SPDX-License-Identifier: MIT */
/* Where the gates that keep memory start: rows of bias_ih and bias_hh, beside those of a network without such options. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNITS = 500, GATES = 4, KEEPS = 1, ENTERS = 0 }; /* z of r, z, n; f of i, f, g, o */

struct biases {
  size_t gates;
  float ih[GATES * UNITS], hh[GATES * UNITS], weight[GATES * UNITS * 2];
};

static thalnet_center *net_of(int lstm, float gate_bias, float time_scale, uint64_t seed) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_gru_options gru_options = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm_options = THALNET_LSTM_OPTIONS_INIT;
  gru_options.gate_bias = lstm_options.gate_bias = gate_bias;
  gru_options.time_scale = lstm_options.time_scale = time_scale;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 2, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  if (lstm) {
    EXPECT_OK(thalnet_module_add_lstm(module, UNITS, &lstm_options));
  } else {
    EXPECT_OK(thalnet_module_add_gru(module, UNITS, &gru_options));
  }
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_center_build(net, seed));
  return net;
}

static void biases_of(int lstm, float gate_bias, float time_scale, uint64_t seed, struct biases *biases) {
  thalnet_center *net = net_of(lstm, gate_bias, time_scale, seed);
  biases->gates = lstm ? 4 : 3;
  EXPECT_OK(thalnet_center_read(net, "modules.0.layers.0.bias_ih", biases->ih, biases->gates * UNITS));
  EXPECT_OK(thalnet_center_read(net, "modules.0.layers.0.bias_hh", biases->hh, biases->gates * UNITS));
  EXPECT_OK(thalnet_center_read(net, "modules.0.layers.0.weight_ih", biases->weight, biases->gates * UNITS * 2));
  thalnet_center_free(net);
}

/* All that no option is about is as it was. */
static void expect_others_same(const struct biases *plain, const struct biases *other, int gate_enters) {
  ck_assert(support_same(plain->weight, other->weight, plain->gates * UNITS * 2));
  for (size_t gate = 0; gate < plain->gates; gate++) {
    if (gate == KEEPS || (gate_enters && gate == ENTERS)) {
      continue;
    }
    ck_assert(support_same(plain->ih + gate * UNITS, other->ih + gate * UNITS, UNITS));
    ck_assert(support_same(plain->hh + gate * UNITS, other->hh + gate * UNITS, UNITS));
  }
}

START_TEST(gate_biases_are_added) {
  static struct biases plain, other;
  for (int lstm = 0; lstm < 2; lstm++) {
    for (float bias = -2; bias < 5; bias += 3) {
      biases_of(lstm, 0, 0, 7, &plain);
      biases_of(lstm, bias, 0, 7, &other);
      expect_others_same(&plain, &other, 0);
      ck_assert(support_same(plain.hh, other.hh, plain.gates * UNITS));
      for (size_t i = KEEPS * UNITS; i < (KEEPS + 1) * UNITS; i++) {
        ck_assert(other.ih[i] == plain.ih[i] + bias);
      }
    }
  }
}
END_TEST

/* Log of uniform numbers in [1, T - 1]: their bounds, mean and spread; and for an LSTM the input gate's opposite. */
static void expect_chrono(int lstm, float longest, const struct biases *plain, const struct biases *chrono) {
  double sum = 0, squares = 0;
  expect_others_same(plain, chrono, lstm);
  for (size_t i = 0; i < UNITS; i++) {
    const double u = exp((double)chrono->ih[KEEPS * UNITS + i]);
    ck_assert_msg(u >= 1 - 1e-6 && u <= ((double)longest - 1) * (1 + 1e-6), "T %g: u %g", (double)longest, u);
    ck_assert(chrono->hh[KEEPS * UNITS + i] == 0);
    sum += u;
    squares += u * u;
    if (lstm) {
      ck_assert(chrono->ih[ENTERS * UNITS + i] == -chrono->ih[KEEPS * UNITS + i]);
      ck_assert(chrono->hh[ENTERS * UNITS + i] == 0);
    }
  }
  const double width = (double)longest - 2, mean = sum / UNITS, deviation = sqrt(fabs(squares / UNITS - mean * mean));
  ck_assert_double_eq_tol(mean, (double)longest / 2, 0.06 * width + 1e-6);
  ck_assert_double_eq_tol(deviation, width / sqrt(12.0), 0.03 * width + 1e-3);
}

START_TEST(time_scales_are_drawn) {
  static const float longest[] = {2, 3, 28, 784, 1e6f};
  static struct biases plain, chrono, again;
  for (int lstm = 0; lstm < 2; lstm++) {
    biases_of(lstm, 0, 0, 7, &plain);
    for (size_t t = 0; t < sizeof longest / sizeof longest[0]; t++) {
      biases_of(lstm, 0, longest[t], 7, &chrono);
      expect_chrono(lstm, longest[t], &plain, &chrono);
      biases_of(lstm, 0, longest[t], 7, &again);
      ck_assert(support_same(chrono.ih, again.ih, chrono.gates * UNITS));
      biases_of(lstm, 0, longest[t], 8, &again);
      ck_assert(longest[t] <= 2 || !support_same(chrono.ih + KEEPS * UNITS, again.ih + KEEPS * UNITS, UNITS));
    }
  }
}
END_TEST

/* A unit whose input changes nothing holds on to its state: 1 / (1 - z) steps, 2 to T of them. */
START_TEST(units_remember_for_that_long) {
  thalnet_center *net = net_of(0, 0, 50, 1);
  float start[UNITS], after[UNITS], x[2] = {0, 0};
  static float zeros[3 * UNITS * UNITS];
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.weight_hh", zeros, 3 * UNITS * UNITS));
  float bias[3 * UNITS];
  EXPECT_OK(thalnet_center_read(net, "modules.0.layers.0.bias_ih", bias, 3 * UNITS));
  memset(bias + 2 * UNITS, 0, UNITS * sizeof bias[0]); /* no candidate */
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.bias_ih", bias, 3 * UNITS));
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.bias_hh", zeros, 3 * UNITS));
  thalnet_state *state = support_state(net, 1);
  for (size_t i = 0; i < UNITS; i++) {
    start[i] = 1;
  }
  EXPECT_OK(thalnet_state_write(state, 0, start, UNITS));
  EXPECT_OK(thalnet_state_set_input(state, 0, x, 2));
  EXPECT_OK(thalnet_state_advance(net, state, 1));
  EXPECT_OK(thalnet_state_read(state, 0, after, UNITS));
  for (size_t i = 0; i < UNITS; i++) {
    const double steps = 1 / (1 - (double)after[i]);
    ck_assert_msg(steps > 1.99 && steps < 50.1, "unit %zu: %g steps", i, steps);
  }
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

static void refuse(float gate_bias, float time_scale, const char *named) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  gru.gate_bias = lstm.gate_bias = gate_bias;
  gru.time_scale = lstm.time_scale = time_scale;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_module(net, "eye", NULL, &module));
  EXPECT(thalnet_module_add_gru(module, 3, &gru), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), named));
  EXPECT(thalnet_module_add_lstm(module, 3, &lstm), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "'eye'"));
  thalnet_center_free(net);
}

START_TEST(bounds) {
  refuse(NAN, 0, "gate_bias");
  refuse(INFINITY, 0, "gate_bias");
  refuse(0, 1, "time_scale");
  refuse(0, 1.9f, "time_scale");
  refuse(0, -3, "time_scale");
  refuse(0, NAN, "time_scale");
  refuse(0, INFINITY, "time_scale");
  refuse(1, 20, "both");
}
END_TEST

/* They are where training starts, not what a network is: a file has nothing of them. */
START_TEST(nothing_of_it_is_saved) {
  thalnet_center *net = net_of(0, 1, 0, 1), *loaded = NULL;
  static char bytes[8 << 20];
  size_t size = 0;
  EXPECT_OK(thalnet_center_save_memory(net, bytes, sizeof bytes, &size));
  static const char layer[] = "\"gru:500\"";
  int found = 0;
  for (size_t i = 8; i + sizeof layer < 2000; i++) {
    found |= memcmp(bytes + i, layer, sizeof layer - 1) == 0;
  }
  ck_assert(found);
  EXPECT_OK(thalnet_center_load_memory(bytes, size, NULL, &loaded));
  thalnet_center_free(loaded);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {gate_biases_are_added, time_scales_are_drawn, units_remember_for_that_long, bounds,
                                nothing_of_it_is_saved};
  return SUPPORT_RUN("gate_bias", tests);
}
