/* SPDX-License-Identifier: MIT */
/* A text of unknown origin, plain or gzip. Two bytes say how much of it is wanted, the file is the rest. What was read is
 * gone through as training and evaluation do. */
#include <stdlib.h>
#include <string.h>

#include "../fuzz.h"
#include "common/text.h"

enum { STREAMS = 3, WINDOW = 5, SEGMENTS = 4, WARMUP = 7 };

static void check_tokens(const struct example_text *text, const int32_t *tokens, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (tokens[i] < -1 || tokens[i] >= (int32_t)text->kinds) fuzz_fail("token %d of %zu", tokens[i], text->kinds);
}

/* All of it once more in a block of just its size, so that a sanitizer sees every step over it. */
static uint8_t *fit(struct example_text *text) {
  uint8_t *block = malloc(text->count);
  if (block == NULL) fuzz_fail("no memory for %zu bytes", text->count);
  memcpy(block, text->stored, text->count);
  text->train.tokens = block + (text->train.tokens - text->stored);
  text->validation.tokens = block + (text->validation.tokens - text->stored);
  text->test.tokens = block + (text->test.tokens - text->stored);
  return block;
}

static void go_through(const struct example_text *text) {
  struct example_streams streams;
  struct example_error error = {""};
  int32_t tokens[STREAMS * WINDOW + SEGMENTS * WINDOW], labels[STREAMS * WINDOW + SEGMENTS * WINDOW];
  uint8_t resets[STREAMS * WINDOW + SEGMENTS * WINDOW];
  if (example_streams_start(&streams, text->train, STREAMS, WINDOW, &error)) return;
  example_streams_pass(&streams, 1, 1);
  for (size_t step = 0; step < streams.length / WINDOW && step < 16; step++) {
    example_streams_window(&streams, step, tokens, labels, resets);
    check_tokens(text, tokens, STREAMS * WINDOW);
    check_tokens(text, labels, STREAMS * WINDOW);
  }
  const struct example_segments segments = example_segments_make(text->test, SEGMENTS, WARMUP);
  for (size_t first = 0; first + WINDOW <= segments.frames && first < 16 * WINDOW; first += WINDOW) {
    example_segments_window(&segments, first, WINDOW, tokens, labels, resets);
    check_tokens(text, tokens, segments.segments * WINDOW);
    check_tokens(text, labels, segments.segments * WINDOW);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct fuzz_input input = {bytes, size};
  struct example_text text;
  struct example_error error = {""};
  const size_t wanted = fuzz_number(&input);
  if (example_load_text(fuzz_file(input.bytes, input.size), wanted, &text, &error)) {
    if (!support_text_is_good(error.text)) fuzz_fail("error text '%s'", error.text);
  } else {
    uint8_t *block = fit(&text);
    go_through(&text);
    free(block);
  }
  example_text_free(&text);
  return 0;
}
