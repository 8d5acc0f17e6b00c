/* SPDX-License-Identifier: MIT */
/* Texts: their alphabet and parts, streams for training, and segments, in which every character is counted once and costs
 * what it costs in one long pass. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <thalnet/thalnet.h>

#include "common/grammar.h"
#include "common/text.h"

/* --- files ----------------------------------------------------------------------------------------------------------- */

static char path[64];

static void save(const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
  ck_assert_int_eq(fclose(file), 0);
}

static void refuse_first(size_t wanted, const char *words) {
  struct example_text text;
  struct example_error error = {""};
  ck_assert_int_eq(example_load_text(path, wanted, &text, &error), -1);
  example_text_free(&text);
  ck_assert_msg(strstr(error.text, words), "'%s' lacks '%s'", error.text, words);
}

static void refuse(const char *words) { refuse_first(0, words); }

/* The first bytes of a file are a text like any other. */
static void check_beginning(const char *bytes, size_t wanted) {
  struct example_text text;
  struct example_error error = {""};
  ck_assert_msg(example_load_text(path, wanted, &text, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(text.count, wanted);
  ck_assert_uint_eq(text.train.count, wanted - 2 * (wanted / 20));
  ck_assert_ptr_eq(text.test.tokens + text.test.count, text.stored + wanted);
  for (size_t i = 0; i < wanted; i++) ck_assert_uint_eq(text.bytes[text.stored[i]], (uint8_t)bytes[i]);
  example_text_free(&text);
}

START_TEST(files_are_read_plain_and_packed) {
  snprintf(path, sizeof path, "/tmp/thalnet_text_XXXXXX");
  int descriptor = mkstemp(path);
  ck_assert_int_ge(descriptor, 0);
  close(descriptor);
  refuse("empty");
  char bytes[99];
  memset(bytes, 'a', sizeof bytes);
  bytes[7] = 'b';
  save(bytes, sizeof bytes);
  refuse("99 bytes is too short");
  enum { LONG = 300000 }; /* more than what is read at once */
  char *many = malloc(LONG);
  ck_assert_ptr_nonnull(many);
  memset(many, 'a', LONG);
  save(many, LONG);
  refuse("one kind");
  for (size_t i = 0; i < LONG; i++) many[i] = "z\n \xff"[i * i % 23 % 4];
  for (int packed = 0; packed < 2; packed++) {
    if (packed) {
      gzFile file = gzopen(path, "wb");
      ck_assert_int_eq(gzwrite(file, many, LONG), LONG);
      ck_assert_int_eq(gzclose(file), Z_OK);
    } else
      save(many, LONG);
    struct example_text text;
    struct example_error error = {""};
    ck_assert_msg(example_load_text(path, 0, &text, &error) == 0, "%s", error.text);
    ck_assert_uint_eq(text.kinds, 4);
    ck_assert_mem_eq(text.bytes, "\n z\xff", 4); /* in the order of the byte values */
    ck_assert_uint_eq(text.train.count, 270000);
    ck_assert_uint_eq(text.validation.count, 15000);
    ck_assert_uint_eq(text.test.count, 15000);
    ck_assert_ptr_eq(text.validation.tokens, text.train.tokens + 270000);
    ck_assert_ptr_eq(text.test.tokens, text.validation.tokens + 15000);
    for (size_t i = 0; i < LONG; i++) ck_assert_uint_eq(text.bytes[text.stored[i]], (uint8_t)many[i]);
    ck_assert_int_eq(text.tokens['a'], -1);
    example_text_free(&text);
    check_beginning(many, 12345);
    check_beginning(many, LONG);
    refuse_first(LONG + 1, "has 300000 bytes, 300001 are asked for");
  }
  ck_assert_int_eq(truncate(path, 50), 0);
  refuse("ends too early");
  unlink(path);
  refuse("No such file");
  free(many);
}
END_TEST

START_TEST(texts_are_not_larger_than_they_may_be) {
  enum { SIZE = 2 << 16 }; /* where more memory would be asked for */
  const size_t most = example_text_most;
  char *bytes = malloc(SIZE);
  struct example_text text;
  struct example_error error = {""};
  ck_assert_ptr_nonnull(bytes);
  snprintf(path, sizeof path, "/tmp/thalnet_text_XXXXXX");
  close(mkstemp(path));
  memset(bytes, 'a', SIZE);
  bytes[0] = 'b';
  example_text_most = SIZE;
  save(bytes, SIZE);
  refuse("more than 131072 bytes");
  save(bytes, SIZE - 1);
  ck_assert_int_eq(example_load_text(path, 0, &text, &error), 0);
  ck_assert_uint_eq(text.count, SIZE - 1);
  example_text_free(&text);
  example_text_most = most;
  ck_assert_uint_eq(most, (size_t)1 << 31);
  unlink(path);
  free(bytes);
}
END_TEST

/* Any byte is a character: upper case, NUL, the mark of UTF-8, 0xff. The last is no end of file, and the first no end of text. */
START_TEST(every_byte_is_a_character) {
  uint8_t bytes[256 + 4];
  struct example_text text;
  struct example_error error = {""};
  snprintf(path, sizeof path, "/tmp/thalnet_text_XXXXXX");
  close(mkstemp(path));
  memcpy(bytes, "\xef\xbb\xbf\n", 4);
  for (int i = 0; i < 256; i++) bytes[4 + i] = (uint8_t)(255 - i);
  save(bytes, sizeof bytes);
  ck_assert_msg(example_load_text(path, 0, &text, &error) == 0, "%s", error.text);
  ck_assert_uint_eq(text.kinds, 256);
  for (size_t i = 0; i < sizeof bytes; i++) ck_assert_uint_eq(text.stored[i], bytes[i]);
  example_text_free(&text);
  /* the shortest text has all parts, and one byte less is none */
  save(bytes, 100);
  ck_assert_int_eq(example_load_text(path, 0, &text, &error), 0);
  ck_assert(text.train.count == 90 && text.validation.count == 5 && text.test.count == 5);
  example_text_free(&text);
  save(bytes, 1);
  refuse("1 bytes is too short");
  unlink(path);
}
END_TEST

START_TEST(the_written_text_is_that_of_the_grammar) {
  struct example_text text;
  struct example_error error;
  ck_assert_int_eq(example_write_text(&text, &error), 0);
  uint8_t *wanted = malloc(text.count);
  ck_assert_ptr_nonnull(wanted);
  example_grammar_write(wanted, text.count);
  for (size_t i = 0; i < text.count; i++) ck_assert_uint_eq(text.bytes[text.stored[i]], wanted[i]);
  free(wanted);
  example_text_free(&text);
}
END_TEST

/* No text, and no segments: one that is empty. */
START_TEST(segments_of_nothing) {
  const uint8_t tokens[1] = {0};
  for (size_t count = 0; count < 2; count++)
    for (size_t wanted = 0; wanted < 2; wanted++) {
      const struct example_characters text = {tokens, count};
      const struct example_segments s = example_segments_make(text, wanted, 8);
      ck_assert_uint_eq(s.segments, 1);
      ck_assert_uint_eq(s.frames, count);
    }
}
END_TEST

START_TEST(the_grammar_writes_the_same_everywhere) {
  enum { COUNT = 400000 };
  uint8_t *text = malloc(COUNT);
  ck_assert_ptr_nonnull(text);
  example_grammar_write(text, COUNT);
  uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */
  size_t lines = 0;
  for (size_t i = 0; i < COUNT; i++) {
    sum = (sum ^ text[i]) * UINT64_C(1099511628211);
    ck_assert(text[i] == '.' || text[i] == '\n' || text[i] == ' ' || (text[i] >= 'a' && text[i] <= 'z'));
    lines += text[i] == '\n';
    if (i > 0 && text[i] == '\n') ck_assert_int_eq(text[i - 1], '.');
    if (i > 0 && text[i] == '.') ck_assert(text[i - 1] >= 'a');
  }
  ck_assert_uint_gt(lines, 2000);
  ck_assert_uint_eq(sum, UINT64_C(17678786814699389184));
  free(text);
}
END_TEST

/* --- streams --------------------------------------------------------------------------------------------------------- */

/* In an epoch every window goes on where the one before ended, nothing comes twice, and labels are what follows. */
START_TEST(streams_go_through_the_text) {
  enum { COUNT = 1003, STREAMS = 7, WINDOW = 11, STEPS = 13 }; /* 7 x 143 of 1003 */
  uint8_t tokens[COUNT];
  for (int i = 0; i < COUNT; i++) tokens[i] = (uint8_t)(i % 251);
  const struct example_characters text = {tokens, COUNT};
  struct example_streams streams;
  struct example_error error = {""};
  ck_assert_int_eq(example_streams_start(&streams, text, STREAMS, WINDOW, &error), 0);
  ck_assert_uint_eq(streams.length, STEPS * WINDOW);
  size_t offsets[40], ends = 0;
  for (size_t epoch = 1; epoch <= 40; epoch++) {
    int seen[COUNT] = {0};
    example_streams_pass(&streams, 5, epoch);
    offsets[epoch - 1] = streams.offset;
    for (size_t step = 0; step < STEPS; step++) {
      int32_t in[STREAMS * WINDOW], labels[STREAMS * WINDOW];
      uint8_t resets[STREAMS * WINDOW];
      int any = example_streams_window(&streams, step, in, labels, resets), found = 0;
      for (size_t i = 0; i < STREAMS * WINDOW; i++) {
        size_t b = i / WINDOW, k = i % WINDOW;
        size_t place = (b * (COUNT / STREAMS) + streams.offset + step * WINDOW + k) % COUNT;
        ck_assert_int_eq(in[i], tokens[place]);
        ck_assert_int_eq(labels[i], place + 1 < COUNT ? tokens[place + 1] : -1);
        ck_assert_int_eq(resets[i], place == 0);
        found |= place == 0;
        ends += place == 0;
        ck_assert_int_eq(seen[place]++, 0);
      }
      ck_assert_int_eq(any, found);
    }
  }
  ck_assert_uint_gt(ends, 30); /* 2 of 1003 are left out in an epoch */
  size_t same = 0;
  for (int i = 0; i < 40; i++)
    for (int j = 0; j < i; j++) same += offsets[i] == offsets[j];
  ck_assert_uint_lt(same, 5);
  example_streams_pass(&streams, 5, 3);
  ck_assert_uint_eq(streams.offset, offsets[2]);
  example_streams_pass(&streams, 6, 3);
  ck_assert_uint_ne(streams.offset, offsets[2]);
  ck_assert_int_eq(example_streams_start(&streams, text, 92, WINDOW, &error), -1);
  ck_assert_ptr_nonnull(strstr(error.text, "1003 characters for training are too few for 92 streams"));
}
END_TEST

/* --- segments -------------------------------------------------------------------------------------------------------- */

/* Every character is a label exactly once, behind the right history, whatever the cuts. */
START_TEST(segments_count_every_character_once) {
  enum { MOST = 97 };
  uint8_t tokens[MOST];
  for (int i = 0; i < MOST; i++) tokens[i] = (uint8_t)i; /* each tells its place */
  for (size_t count = 1; count <= MOST; count += 6)
    for (size_t wanted = 1; wanted <= 10; wanted++)
      for (size_t warmup = 0; warmup <= 24; warmup += 8)
        for (size_t window = 1; window <= 16; window += 5) {
          const struct example_characters text = {tokens, count};
          const struct example_segments s = example_segments_make(text, wanted, warmup);
          int32_t in[10 * 16], labels[10 * 16];
          uint8_t resets[10 * 16];
          int counted[MOST] = {0}, starts = 0;
          size_t history[10] = {0};
          ck_assert_uint_le(s.segments, wanted);
          for (size_t first = 0; first < s.frames; first += window) {
            size_t frames = s.frames - first < window ? s.frames - first : window;
            int any = example_segments_window(&s, first, frames, in, labels, resets), found = 0;
            for (size_t i = 0; i < s.segments * frames; i++) {
              size_t segment = i / frames;
              if (resets[i]) {
                found = 1;
                starts++;
                history[segment] = 0;
                ck_assert_int_eq(in[i], -1);
                ck_assert_int_eq(labels[i] == -1 || labels[i] == 0, 1);
              }
              if (in[i] >= 0) { /* one behind the other */
                if (history[segment] > 0) ck_assert_uint_eq((size_t)in[i], history[segment]);
                history[segment] = (size_t)in[i] + 1;
              }
              if (labels[i] < 0) continue;
              counted[labels[i]]++;
              ck_assert_int_eq(in[i], labels[i] - 1);
            }
            ck_assert_int_eq(any, found);
          }
          for (size_t i = 0; i < count; i++) ck_assert_int_eq(counted[i], 1);
          ck_assert_int_ge(starts, 1);
        }
}
END_TEST

enum { KINDS = 5, LETTERS = 1201 };

static thalnet_center *network(int32_t steps) {
  thalnet_center *net;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  input.tokens = 1;
  input.steps_per_frame = output.steps_per_frame = steps;
  ck_assert_int_eq(thalnet_center_create(NULL, &net), THALNET_OK);
  thalnet_center_add_input(net, "in", KINDS, &input, NULL);
  thalnet_center_add_output(net, "out", KINDS, THALNET_CROSS_ENTROPY, &output, NULL);
  for (int i = 0; i < 3; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 8, NULL);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 6, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  ck_assert_int_eq(thalnet_center_build(net, 3), THALNET_OK);
  return net;
}

static double nats(const thalnet_center *net, const struct example_segments *s, size_t window, uint64_t *labels_out) {
  int32_t *tokens = calloc(s->segments * window, sizeof *tokens),
          *labels = calloc(s->segments * window, sizeof *labels);
  uint8_t *resets = calloc(s->segments * window, 1);
  thalnet_batch *batch;
  thalnet_state *state;
  double sum = 0.0;
  ck_assert(tokens && labels && resets);
  ck_assert_int_eq(thalnet_batch_create(net, s->segments, window, NULL, &batch), THALNET_OK);
  ck_assert_int_eq(thalnet_state_create(net, s->segments, NULL, &state), THALNET_OK);
  *labels_out = 0;
  for (size_t first = 0; first < s->frames; first += window) {
    size_t frames = s->frames - first < window ? s->frames - first : window;
    thalnet_measure measure = THALNET_MEASURE_INIT;
    example_segments_window(s, first, frames, tokens, labels, resets);
    thalnet_batch_begin(batch, s->segments, frames);
    thalnet_batch_set_tokens(batch, 0, tokens, s->segments * frames);
    thalnet_batch_set_labels(batch, 0, labels, s->segments * frames);
    thalnet_batch_set_resets(batch, resets, s->segments * frames);
    ck_assert_int_eq(thalnet_forward(net, batch, state), THALNET_OK);
    ck_assert_int_eq(thalnet_batch_measure(batch, 0, &measure), THALNET_OK);
    sum += measure.loss_sum;
    *labels_out += measure.labels;
  }
  thalnet_batch_free(batch);
  thalnet_state_free(state);
  free(tokens);
  free(labels);
  free(resets);
  return sum;
}

/* With a long warm-up segments cost what one pass through the whole text does; without, they do not. */
START_TEST(segments_cost_what_one_pass_does) {
  uint8_t tokens[LETTERS];
  for (size_t i = 0; i < LETTERS; i++) tokens[i] = (uint8_t)(i * i % 23 % KINDS);
  const struct example_characters text = {tokens, LETTERS};
  for (int32_t steps = 1; steps <= 2; steps++) {
    thalnet_center *net = network(steps);
    uint64_t labels;
    const struct example_segments one = example_segments_make(text, 1, 0), parts = example_segments_make(text, 13, 60),
                                  cold = example_segments_make(text, 13, 0);
    double wanted = nats(net, &one, LETTERS, &labels);
    ck_assert_uint_eq(labels, LETTERS);
    ck_assert_double_lt(fabs(nats(net, &one, 100, &labels) - wanted), 1e-3);
    ck_assert_double_lt(fabs(nats(net, &parts, 50, &labels) - wanted), 1e-3);
    ck_assert_uint_eq(labels, LETTERS);
    ck_assert_double_gt(fabs(nats(net, &cold, 50, &labels) - wanted), 1e-2);
    ck_assert_uint_eq(labels, LETTERS);
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("text");
  TCase *cases = tcase_create("text");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, files_are_read_plain_and_packed);
  tcase_add_test(cases, texts_are_not_larger_than_they_may_be);
  tcase_add_test(cases, every_byte_is_a_character);
  tcase_add_test(cases, the_written_text_is_that_of_the_grammar);
  tcase_add_test(cases, segments_of_nothing);
  tcase_add_test(cases, the_grammar_writes_the_same_everywhere);
  tcase_add_test(cases, streams_go_through_the_text);
  tcase_add_test(cases, segments_count_every_character_once);
  tcase_add_test(cases, segments_cost_what_one_pass_does);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
