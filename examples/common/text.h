/* SPDX-License-Identifier: MIT */
/* A text as numbers: every byte value that occurs in it is a token 0..kinds-1, in the order of the values. 90 % of it are for
 * training, then 5 % for validation, then 5 % for the test. */
#ifndef EXAMPLE_TEXT_H
#define EXAMPLE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct example_characters {
  const uint8_t *tokens;
  size_t count;
};

struct example_text {
  uint8_t *stored; /* all tokens */
  size_t count;
  uint8_t bytes[256];  /* [kinds] the byte of each token */
  int16_t tokens[256]; /* the token of each byte, or -1 */
  size_t kinds;
  struct example_characters train, validation, test;
};

extern size_t example_text_most; /* 2 GiB; a test lowers it */

/* Reads a file, plain or gzip, of 100 bytes to less than that with at least two kinds of them; of it the first `wanted`, 0: all.
 * Returns 0, or -1 with the error's text; call example_text_free in either case. */
int example_load_text(const char *path, size_t wanted, struct example_text *text, struct example_error *error);

/* Writes 400,000 characters with a small grammar (see grammar.h); always the same. */
int example_write_text(struct example_text *text, struct example_error *error);

/* Makes a text of bytes, which it takes over: they become the tokens. For the two above, and tests. */
int example_make_text(const char *name, uint8_t *bytes, size_t count, struct example_text *text,
                      struct example_error *error);

void example_text_free(struct example_text *text);

/* --- training: streams -------------------------------------------------------------------------------------------------- */

/* A text cut into equal streams that are read side by side, a window a step. In each pass through the text the cuts are
 * elsewhere, and a stream that reaches the end of the text goes on at its start, from zero memory. */
struct example_streams {
  struct example_characters text;
  size_t streams, window;
  size_t length; /* characters of a stream in a pass, a multiple of the window */
  size_t offset; /* of the running pass */
};

/* Returns -1 with the error's text where the text is too short for one window of every stream. */
int example_streams_start(struct example_streams *streams, struct example_characters text, size_t count, size_t window,
                          struct example_error *error);

/* Chooses the cuts of a pass; they count from 1. */
void example_streams_pass(struct example_streams *streams, uint64_t seed, size_t pass);

/* Fills in the window of a step: each token's label is the one that follows it, -1 at the end of the text. resets is 1 before
 * the text's first character. All are [stream][window]. Returns 1 if a reset is among them. */
int example_streams_window(const struct example_streams *streams, size_t step, int32_t *tokens, int32_t *labels,
                           uint8_t *resets);

/* --- evaluation: segments ------------------------------------------------------------------------------------------------ */

/* A text measured as a whole: cut into segments that are computed side by side, each after a warm-up over the characters
 * before it, whose losses do not count. So every character is predicted exactly once, the first of the text from zero
 * memory and without a character before it. */
struct example_segments {
  struct example_characters text;
  size_t segments, warmup;
  size_t frames; /* of the longest segment with its warm-up */
};

/* Fewer segments than wanted are made of a text that is shorter. */
struct example_segments example_segments_make(struct example_characters text, size_t count, size_t warmup);

/* Fills in frames first..first+count-1 of all segments, each [segment][count]. The input at a frame is the character before
 * the one to predict, which is the label; -1: none. Returns 1 if a reset is among them. */
int example_segments_window(const struct example_segments *segments, size_t first, size_t count, int32_t *tokens,
                            int32_t *labels, uint8_t *resets);

#endif
