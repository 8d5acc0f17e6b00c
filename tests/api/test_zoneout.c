/* SPDX-License-Identifier: MIT */
/* Zoneout: with a network that has it and one of the same parameters that has not, every unit's value tells whether it was
 * kept. The memory at the start is drawn, so that no value is there twice by chance. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 70, INPUT = 3 }; /* more units than are drawn at once, and no multiple of four */
enum { GRU, GRU_BEFORE, LSTM };

struct question {
  int layer;
  float rate, cell_rate;
  uint64_t seed, epoch;
  const uint64_t *ids;
  size_t sequences, frames;
  int32_t chunk, threads, settle;
  int reset, evaluate; /* reset at the first frame; thalnet_forward in place of thalnet_forward_backward */
  int32_t length;      /* of the first sequence; 0: all frames */
};

static const struct question usual = {
    .layer = LSTM, .rate = 0.25f, .cell_rate = 0.4f, .seed = 5, .epoch = 1, .sequences = 8, .frames = 1};

static size_t row_values(const struct question *q) { return q->layer == LSTM ? 2 * UNITS : UNITS; }

static thalnet_center *net_of(const struct question *q) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.chunk_sequences = q->chunk;
  options.threads = q->threads > 0 ? q->threads : 1;
  options.settle_steps = q->settle;
  gru.reset = q->layer == GRU_BEFORE ? THALNET_RESET_BEFORE : THALNET_RESET_AFTER;
  gru.zoneout = lstm.zoneout = q->rate;
  lstm.cell_zoneout = q->cell_rate;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", INPUT, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  if (q->layer == LSTM) {
    EXPECT_OK(thalnet_module_add_lstm(module, UNITS, &lstm));
  } else {
    EXPECT_OK(thalnet_module_add_gru(module, UNITS, &gru));
  }
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 5, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 3));
  return net;
}

/* All sequences have the same inputs and the same memory at the start: only ids tell them apart. */
static void fill(const struct question *q, thalnet_batch *batch, thalnet_state *state) {
  const size_t count = q->sequences * q->frames;
  float *inputs = malloc(count * INPUT * sizeof *inputs), targets[1000] = {0}, start[2 * UNITS];
  uint8_t resets[1000] = {0};
  int32_t lengths[1000];
  ck_assert_uint_le(2 * count, 1000);
  for (size_t s = 0; s < q->sequences; s++) {
    support_randoms(inputs + s * q->frames * INPUT, q->frames * INPUT, 21);
    support_randoms(start, row_values(q), 22);
    EXPECT_OK(thalnet_state_write(state, s, start, row_values(q)));
    resets[s * q->frames] = q->reset != 0;
    lengths[s] = s == 0 && q->length > 0 ? q->length : (int32_t)q->frames;
  }
  EXPECT_OK(thalnet_batch_set_epoch(batch, q->epoch));
  EXPECT_OK(thalnet_batch_begin(batch, q->sequences, q->frames));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, inputs, count * INPUT));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, count));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, q->sequences));
  EXPECT_OK(thalnet_batch_set_final_targets(batch, 0, targets, 2 * q->sequences));
  if (q->ids) {
    EXPECT_OK(thalnet_batch_set_ids(batch, q->ids, q->sequences));
  }
  free(inputs);
}

/* The memory after the last frame, [sequence][value], by that network; final: the final outputs, if wanted. */
static float *computed(const struct question *q, thalnet_center *net, float *final) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  options.seed = q->seed;
  EXPECT_OK(thalnet_batch_create(net, q->sequences, q->frames, &options, &batch));
  thalnet_state *state = support_state(net, q->sequences);
  ck_assert_uint_eq(thalnet_state_values(state), row_values(q));
  fill(q, batch, state);
  EXPECT_OK(q->evaluate ? thalnet_forward(net, batch, state) : thalnet_forward_backward(net, batch, state));
  if (final) {
    EXPECT_OK(thalnet_batch_read_final_output(batch, 0, final, 2 * q->sequences));
  }
  float *rows = support_rows(state);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  return rows;
}

static float *memory_of(const struct question *q) {
  thalnet_center *net = net_of(q);
  float *rows = computed(q, net, NULL);
  thalnet_center_free(net);
  return rows;
}

/* Without zoneout. */
static float *free_memory_of(const struct question *q) {
  struct question plain = *q;
  plain.rate = plain.cell_rate = 0;
  return memory_of(&plain);
}

static void start_of(const struct question *q, float *start) { support_randoms(start, row_values(q), 22); }

/* Which values were kept, 0 or 1; every other one is what it would be without zoneout: an LSTM's hidden state too, so that it
 * comes of the cell before that is zoned out. */
static unsigned char *kept_by(const struct question *q) {
  const size_t row = row_values(q);
  float *zoned = memory_of(q), *plain = free_memory_of(q), start[2 * UNITS];
  unsigned char *kept = calloc(q->sequences * row, 1);
  start_of(q, start);
  for (size_t i = 0; i < q->sequences * row; i++) {
    const float before = q->reset ? 0 : start[i % row];
    kept[i] = zoned[i] == before;
    ck_assert_msg(kept[i] || zoned[i] == plain[i], "value %zu: %g was %g, would be %g", i, (double)zoned[i],
                  (double)before, (double)plain[i]);
  }
  free(zoned);
  free(plain);
  return kept;
}

static double share(const unsigned char *kept, size_t sequences, size_t row, size_t first) {
  size_t sum = 0;
  for (size_t s = 0; s < sequences; s++) {
    for (size_t i = first; i < first + UNITS; i++) {
      sum += kept[s * row + i];
    }
  }
  return (double)sum / (double)(sequences * UNITS);
}

START_TEST(units_are_kept_with_their_rate) {
  static const float rates[] = {0.000001f, 0.1f, 0.5f, 0.9f};
  for (int layer = GRU; layer <= LSTM; layer++) {
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
      struct question q = usual;
      q.layer = layer;
      q.sequences = 200;
      q.rate = rates[r];
      q.cell_rate = layer == LSTM ? 0.3f : 0;
      unsigned char *kept = kept_by(&q);
      const double five = 5 / sqrt(200.0 * UNITS); /* five standard deviations of a fair coin are the most */
      ck_assert_double_eq_tol(share(kept, 200, row_values(&q), 0), (double)rates[r], five);
      if (layer == LSTM) {
        ck_assert_double_eq_tol(share(kept, 200, row_values(&q), UNITS), 0.3, five);
      }
      free(kept);
    }
  }
}
END_TEST

START_TEST(one_rate_alone) {
  struct question q = usual;
  q.rate = 0;
  unsigned char *kept = kept_by(&q);
  ck_assert(share(kept, 8, 2 * UNITS, 0) <= 0 && share(kept, 8, 2 * UNITS, UNITS) > 0.2);
  free(kept);
  q = usual;
  q.cell_rate = 0;
  kept = kept_by(&q);
  ck_assert(share(kept, 8, 2 * UNITS, 0) > 0.1 && share(kept, 8, 2 * UNITS, UNITS) <= 0);
  free(kept);
}
END_TEST

/* After a reset there is nothing to keep but zeros. */
START_TEST(kept_after_a_reset_is_zero) {
  for (int layer = GRU; layer <= LSTM; layer++) {
    struct question q = usual;
    q.layer = layer;
    q.cell_rate = layer == LSTM ? 0.4f : 0;
    q.reset = 1;
    unsigned char *kept = kept_by(&q);
    ck_assert_double_eq_tol(share(kept, 8, row_values(&q), 0), 0.25, 0.1);
    free(kept);
  }
}
END_TEST

static double agreement(const unsigned char *a, const unsigned char *b, size_t count) {
  size_t same = 0;
  for (size_t i = 0; i < count; i++) {
    same += a[i] == b[i];
  }
  return (double)same / (double)count;
}

/* Seed, epoch and id each give other numbers, and so does the place: hidden states and cells are drawn apart. */
START_TEST(seed_epoch_and_id_decide) {
  static const uint64_t moved[8] = {100, 101, 102, 103, 104, 105, 106, UINT64_MAX};
  const size_t row = 2 * UNITS, count = 8 * row;
  struct question q = usual;
  q.cell_rate = q.rate;
  unsigned char *reference = kept_by(&q), *again = kept_by(&q);
  ck_assert(memcmp(reference, again, count) == 0);
  free(again);
  for (int what = 0; what < 3; what++) {
    struct question other = q;
    other.seed += what == 0;
    other.epoch += what == 1;
    other.ids = what == 2 ? moved : NULL;
    unsigned char *kept = kept_by(&other);
    const double same = agreement(reference, kept, count); /* independent ones: 0.625 */
    ck_assert_msg(same > 0.55 && same < 0.70, "%d: %g", what, same);
    free(kept);
  }
  for (size_t s = 0; s < 8; s++) {
    const double same = agreement(reference + s * row, reference + s * row + UNITS, UNITS);
    ck_assert_msg(same > 0.4 && same < 0.85, "sequence %zu: hidden states as cells: %g", s, same);
    ck_assert(s == 0 || memcmp(reference, reference + s * row, row) != 0);
  }
  free(reference);
}
END_TEST

/* With products by CBLAS a row's last bits depend on the rows beside it; which units are kept does not. */
static int alike(const float *a, const float *b, size_t count) {
  if (strstr(thalnet_build_info(), "products=own") != NULL) return support_same(a, b, count);
  return support_distance(a, b, count) < 1e-6;
}

/* The same id gives the same bits wherever it stands, in whatever batch and chunk and by however many threads. */
START_TEST(position_does_not_matter) {
  static const uint64_t turned[8] = {7, 6, 5, 4, 3, 2, 1, 0}, one[1] = {5};
  const size_t row = 2 * UNITS;
  struct question q = usual;
  q.frames = 4;
  float *reference = memory_of(&q), *other;
  q.ids = turned;
  for (q.chunk = 0; q.chunk < 4; q.chunk++) {
    q.threads = 1 + q.chunk % 3;
    other = memory_of(&q);
    for (size_t s = 0; s < 8; s++) {
      ck_assert(alike(reference + s * row, other + (7 - s) * row, row));
    }
    free(other);
  }
  q.ids = one;
  q.sequences = 1;
  other = memory_of(&q);
  ck_assert(alike(reference + 5 * row, other, row));
  free(other);
  free(reference);
}
END_TEST

/* Every step draws anew; windows count from their own start, so that they need an epoch each. */
START_TEST(steps_draw_anew) {
  struct question q = usual;
  const size_t row = 2 * UNITS;
  q.sequences = 1;
  float *once = memory_of(&q), start[2 * UNITS];
  q.frames = 2;
  float *twice = memory_of(&q);
  unsigned char first[2 * UNITS], second[2 * UNITS];
  start_of(&q, start);
  for (size_t i = 0; i < row; i++) {
    first[i] = once[i] == start[i];
    second[i] = twice[i] == once[i];
  }
  const double same = agreement(first, second, row);
  ck_assert_msg(same > 0.4 && same < 0.75, "%g", same); /* independent ones: 0.57 */
  free(once);
  free(twice);
}
END_TEST

/* Neither the batch's frames nor the other sequences' lengths have an influence on one that is finished, nor on how it
 * settles. */
START_TEST(lengths_do_not_matter) {
  const size_t row = 2 * UNITS;
  struct question q = usual;
  float near[16], far[16];
  q.settle = 3;
  thalnet_center *net = net_of(&q);
  float *one = computed(&q, net, near);
  q.frames = 5;
  q.length = 1;
  float *other = computed(&q, net, far);
  ck_assert(support_same(one, other, row) && support_same(near, far, 2));
  ck_assert(!support_same(one + row, other + row, row));
  q.epoch++;
  free(other);
  other = computed(&q, net, far);
  ck_assert(!support_same(one, other, row) && !support_same(near, far, 2));
  free(one);
  free(other);
  thalnet_center_free(net);
}
END_TEST

/* thalnet_forward, and a live state with the same bits. */
START_TEST(evaluation_takes_the_mean) {
  for (int layer = GRU; layer <= LSTM; layer++) {
    struct question q = usual;
    float start[2 * UNITS], input[INPUT];
    q.layer = layer;
    q.cell_rate = layer == LSTM ? 0.4f : 0;
    q.sequences = q.evaluate = 1;
    const size_t row = row_values(&q);
    float *mean = memory_of(&q), *plain = free_memory_of(&q);
    start_of(&q, start);
    for (size_t i = 0; i < row; i++) {
      const float rate = i < UNITS ? q.rate : q.cell_rate;
      ck_assert_float_eq_tol(mean[i], rate * start[i] + (1 - rate) * plain[i], 1e-6f);
    }
    thalnet_center *net = net_of(&q);
    thalnet_state *state = support_state(net, 1);
    support_randoms(input, INPUT, 21);
    EXPECT_OK(thalnet_state_write(state, 0, start, row));
    EXPECT_OK(thalnet_state_set_input(state, 0, input, INPUT));
    EXPECT_OK(thalnet_state_advance(net, state, 1));
    EXPECT_OK(thalnet_state_read(state, 0, start, row));
    ck_assert(support_same(mean, start, row));
    thalnet_state_free(state);
    thalnet_center_free(net);
    free(mean);
    free(plain);
  }
}
END_TEST

/* The rates are in the file; trained and evaluated, the loaded network does the same. */
START_TEST(rates_are_saved) {
  for (int layer = GRU; layer <= LSTM; layer++) {
    struct question q = usual;
    q.layer = layer;
    q.rate = 0.1f;
    q.cell_rate = layer == LSTM ? 1.0f / 3.0f : 0;
    const char *const spelled[] = {"\"gru:70:zoneout=0.1\"", "\"gru:70:reset_before:zoneout=0.1\"",
                                   "\"lstm:70:zoneout=0.1:cell_zoneout=0.33333334\""};
    thalnet_center *net = net_of(&q), *loaded = NULL;
    size_t size = 0;
    EXPECT_OK(thalnet_center_save_memory(net, NULL, 0, &size));
    char *bytes = malloc(size);
    EXPECT_OK(thalnet_center_save_memory(net, bytes, size, &size));
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    bytes[8 + header - 1] = 0; /* spaces, or the last brace */
    ck_assert_msg(strstr(bytes + 8, spelled[layer]) != NULL, "%s", bytes + 8);
    EXPECT_OK(thalnet_center_save_memory(net, bytes, size, &size));
    EXPECT_OK(thalnet_center_load_memory(bytes, size, NULL, &loaded));
    for (q.evaluate = 0; q.evaluate < 2; q.evaluate++) {
      float *one = computed(&q, net, NULL), *two = computed(&q, loaded, NULL);
      ck_assert(support_same(one, two, q.sequences * row_values(&q)));
      free(one);
      free(two);
    }
    thalnet_center_free(net);
    thalnet_center_free(loaded);
    free(bytes);
  }
}
END_TEST

static void refuse(float rate, float cell_rate) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_module(net, "eye", NULL, &module));
  gru.zoneout = lstm.zoneout = rate;
  lstm.cell_zoneout = cell_rate;
  EXPECT(thalnet_module_add_lstm(module, 3, &lstm), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "'eye'"));
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), cell_rate == 0 ? " zoneout" : "cell_zoneout"));
  if (cell_rate == 0) {
    EXPECT(thalnet_module_add_gru(module, 3, &gru), THALNET_ERROR_ARGUMENT);
  }
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_ARGUMENT); /* remembered */
  thalnet_center_free(net);
}

START_TEST(rates_have_bounds) {
  static const float bad[] = {-0.1f, 1.0f, 1.5f, 0.0000009f, 1e-30f, NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    refuse(bad[i], 0);
    refuse(0, bad[i]);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {units_are_kept_with_their_rate,
                                one_rate_alone,
                                kept_after_a_reset_is_zero,
                                seed_epoch_and_id_decide,
                                position_does_not_matter,
                                steps_draw_anew,
                                lengths_do_not_matter,
                                evaluation_takes_the_mean,
                                rates_are_saved,
                                rates_have_bounds};
  return SUPPORT_RUN("zoneout", tests);
}
