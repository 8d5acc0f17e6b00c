/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "grammar.h"
#include "random.h"

enum { TEXT_LEAST = 100, WRITTEN = 400000 };
size_t example_text_most = (size_t)1 << 31;

/* --- making ---------------------------------------------------------------------------------------------------------- */

static void split(struct example_text *text) {
  size_t held_out = text->count / 20;
  text->train.tokens = text->stored;
  text->train.count = text->count - 2 * held_out;
  text->validation.tokens = text->train.tokens + text->train.count;
  text->validation.count = held_out;
  text->test.tokens = text->validation.tokens + held_out;
  text->test.count = held_out;
}

int example_make_text(const char *name, uint8_t *bytes, size_t count, struct example_text *text,
                      struct example_error *error) {
  memset(text, 0, sizeof *text);
  text->stored = bytes;
  text->count = count;
  if (count < TEXT_LEAST)
    return example_fail(error, "%.700s: a text of %zu bytes is too short, %d are needed", name, count, TEXT_LEAST);
  for (size_t i = 0; i < 256; i++) text->tokens[i] = -1;
  for (size_t i = 0; i < count; i++) text->tokens[bytes[i]] = 0;
  for (size_t i = 0; i < 256; i++) {
    if (text->tokens[i] < 0) continue;
    text->bytes[text->kinds] = (uint8_t)i;
    text->tokens[i] = (int16_t)text->kinds++;
  }
  if (text->kinds < 2) return example_fail(error, "%.700s: it has one kind of character only", name);
  for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)text->tokens[bytes[i]];
  split(text);
  return 0;
}

/* Reads all there is, doubling the memory as it arrives. */
static int read_all(struct example_file *file, const char *path, uint8_t **bytes_out, size_t *count_out,
                    struct example_error *error) {
  uint8_t *bytes = NULL;
  size_t room = 0, have = 0, done;
  do {
    size_t wanted = room ? 2 * room : 64 * 1024;
    uint8_t *larger = wanted <= example_text_most ? realloc(bytes, wanted) : NULL;
    if (!larger) {
      free(bytes);
      return example_fail(
          error, wanted <= example_text_most ? "%.700s: no memory for %zu bytes" : "%.700s: more than %zu bytes", path,
          wanted <= example_text_most ? wanted : example_text_most);
    }
    bytes = larger;
    room = wanted;
    if (example_file_read(file, bytes + have, room - have, &done, error)) {
      free(bytes);
      return -1;
    }
    have += done;
  } while (have == room);
  *bytes_out = bytes;
  *count_out = have;
  return 0;
}

int example_load_text(const char *path, size_t wanted, struct example_text *text, struct example_error *error) {
  struct example_file *file;
  uint8_t *bytes = NULL;
  size_t count = 0;
  memset(text, 0, sizeof *text);
  if (example_file_open(path, &file, error)) return -1;
  int status = read_all(file, path, &bytes, &count, error);
  example_file_close(file);
  if (status) return status;
  if (count >= wanted) return example_make_text(path, bytes, wanted > 0 ? wanted : count, text, error);
  free(bytes);
  return example_fail(error, "%.700s: it has %zu bytes, %zu are asked for", path, count, wanted);
}

int example_write_text(struct example_text *text, struct example_error *error) {
  uint8_t *bytes = malloc(WRITTEN);
  memset(text, 0, sizeof *text);
  if (!bytes) return example_fail(error, "no memory for a text");
  example_grammar_write(bytes, WRITTEN);
  return example_make_text("the text", bytes, WRITTEN, text, error);
}

void example_text_free(struct example_text *text) {
  free(text->stored);
  memset(text, 0, sizeof *text);
}

/* --- streams --------------------------------------------------------------------------------------------------------- */

int example_streams_start(struct example_streams *s, struct example_characters text, size_t count, size_t window,
                          struct example_error *error) {
  s->text = text;
  s->streams = count;
  s->window = window;
  s->length = text.count / count / window * window;
  s->offset = 0;
  if (s->length > 0) return 0;
  return example_fail(error, "%zu characters for training are too few for %zu streams with windows of %zu", text.count,
                      count, window);
}

void example_streams_pass(struct example_streams *s, uint64_t seed, size_t pass) {
  struct example_random random = example_random_start(seed, EXAMPLE_STREAM_OFFSET + pass);
  s->offset = example_random_below(&random, (uint32_t)s->text.count);
}

int example_streams_window(const struct example_streams *s, size_t step, int32_t *tokens, int32_t *labels,
                           uint8_t *resets) {
  size_t count = s->text.count;
  int any = 0;
  for (size_t b = 0; b < s->streams; b++) {
    size_t place = (count / s->streams * b + s->offset + step * s->window) % count;
    for (size_t k = 0; k < s->window; k++) {
      *tokens++ = s->text.tokens[place];
      *resets++ = place == 0;
      any |= place == 0;
      place = place + 1 < count ? place + 1 : 0;
      *labels++ = place > 0 ? s->text.tokens[place] : -1;
    }
  }
  return any;
}

/* --- segments -------------------------------------------------------------------------------------------------------- */

/* Where a segment begins; that of the number after the last one is the end. */
static size_t segment_start(const struct example_segments *s, size_t segment) {
  size_t whole = s->text.count / s->segments, rest = s->text.count % s->segments;
  return whole * segment + (segment < rest ? segment : rest);
}

struct example_segments example_segments_make(struct example_characters text, size_t count, size_t warmup) {
  struct example_segments s = {text, count, warmup, 0};
  if (s.segments > text.count) s.segments = text.count;
  if (s.segments == 0) s.segments = 1;
  if (s.segments == 1) s.warmup = 0;
  s.frames = s.warmup + (text.count + s.segments - 1) / s.segments;
  return s;
}

int example_segments_window(const struct example_segments *s, size_t first, size_t count, int32_t *tokens,
                            int32_t *labels, uint8_t *resets) {
  int any = 0;
  for (size_t i = 0; i < s->segments; i++) {
    size_t start = segment_start(s, i), end = segment_start(s, i + 1);
    for (size_t frame = first; frame < first + count; frame++) {
      /* the character to predict; before the text's first nothing is there, and it starts from zero memory */
      size_t place = start + frame - s->warmup;
      int there = start + frame >= s->warmup && place < end;
      *tokens++ = there && place > 0 ? s->text.tokens[place - 1] : -1;
      *labels++ = there && frame >= s->warmup ? s->text.tokens[place] : -1;
      *resets++ = there && place == 0;
      any |= there && place == 0;
    }
  }
  return any;
}
