/* SPDX-License-Identifier: MIT */
/* Model files and checkpoints: changes the header's text, its words, numbers and entries, and the data; then mends what would
 * end every attempt early: the header's length, the tensors' places, the length of the data, the checksum. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mutate.h"

enum { ROOM = 1 << 16, WINDOW = 48 };

/* A file taken apart: its header's text with a NUL behind it, and its data. */
struct file {
  char text[ROOM];
  size_t length;
  uint8_t data[ROOM];
  size_t size;
};

static int open_file(struct file *file, const uint8_t *bytes, size_t size) {
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0 && size >= 8;) length = length << 8 | bytes[i];
  if (size < 8 || size > ROOM / 2 || length > size - 8) return 0;
  file->length = (size_t)length;
  file->size = size - 8 - file->length;
  memcpy(file->text, bytes + 8, file->length);
  memcpy(file->data, bytes + 8 + file->length, file->size);
  file->text[file->length] = 0;
  return 1;
}

/* Puts `word` in the place of `old` characters. */
static void replace(struct file *file, size_t place, size_t old, const char *word, size_t length) {
  if (file->length - old + length >= ROOM) return;
  memmove(file->text + place + length, file->text + place + old, file->length - place - old + 1);
  memcpy(file->text + place, word, length);
  file->length += length - old;
}

/* --- finding something to change ---------------------------------------------------------------------------------------- */

/* The number-th run, from 0, of characters of that kind before `end`; 0: there is none. Their count in all is in *found. */
static size_t find_run(const struct file *file, int (*is)(int), size_t end, size_t number, size_t *start,
                       size_t *found) {
  size_t result = 0;
  *found = 0;
  for (size_t i = 0; i < end;) {
    size_t behind = i;
    while (behind < end && is((unsigned char)file->text[behind])) behind++;
    if (behind > i && (*found)++ == number) {
      *start = i;
      result = behind - i;
    }
    i = behind + 1;
  }
  return result;
}

static int is_digit(int c) { return c >= '0' && c <= '9'; }
static int is_word(int c) { return isalnum(c) || c == '_' || c == '.' || c == '-' || c == '='; }
static int is_string(int c) { return c != '"'; }

/* Mostly one of the metadata, which say what the tensors must be. */
static size_t draw_run(const struct file *file, int (*is)(int), struct mutate_random *random, size_t *start) {
  const char *close = strchr(file->text, '}');
  const size_t end = close != NULL && mutate_below(random, 4) > 0 ? (size_t)(close - file->text) : file->length;
  size_t found;
  find_run(file, is, end, 0, start, &found);
  return found > 0 ? find_run(file, is, end, mutate_below(random, found), start, &found) : 0;
}

/* --- changes of the header ---------------------------------------------------------------------------------------------- */

static void change_text(struct file *file, struct mutate_random *random) {
  char window[2 * WINDOW];
  size_t place = mutate_below(random, file->length + 1), old = mutate_below(random, WINDOW) + 1;
  if (old > file->length - place) old = file->length - place;
  memcpy(window, file->text + place, old);
  const size_t length = LLVMFuzzerMutate((uint8_t *)window, old, sizeof window);
  replace(file, place, old, window, length);
}

/* The first dimension of some tensor. */
static size_t draw_dimension(const struct file *file, struct mutate_random *random, size_t *start) {
  static const char shape[] = "\"shape\":[";
  size_t count = 0, digits = 0;
  for (const char *at = strstr(file->text, shape); at != NULL; at = strstr(at + 1, shape))
    if (mutate_below(random, ++count) == 0) *start = (size_t)(at - file->text) + sizeof shape - 1;
  while (count > 0 && is_digit(file->text[*start + digits])) digits++;
  return digits;
}

static void change_number(struct file *file, struct mutate_random *random) {
  static const char *const numbers[] = {"0",
                                        "1",
                                        "2",
                                        "3",
                                        "4",
                                        "5",
                                        "8",
                                        "16",
                                        "1024",
                                        "4096",
                                        "4097",
                                        "16777216",
                                        "16777217",
                                        "2147483648",
                                        "4294967296",
                                        "4611686018427387904",
                                        "9223372036854775808",
                                        "18446744073709551609",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "00",
                                        "-1",
                                        "+1",
                                        "1e3",
                                        ""};
  size_t start = 0, old = 0;
  old = mutate_below(random, 4) ? draw_run(file, is_digit, random, &start) : draw_dimension(file, random, &start);
  if (old == 0) return;
  char digits[32];
  if (mutate_below(random, 2) && old < 10) { /* a little more or less */
    snprintf(digits, sizeof digits, "%ld", atol(file->text + start) + (long)mutate_below(random, 5) - 2);
    replace(file, start, old, digits, strlen(digits));
  } else {
    const char *number = numbers[mutate_below(random, sizeof numbers / sizeof numbers[0])];
    replace(file, start, old, number, strlen(number));
  }
}

/* Another word that the format has, or one that stands elsewhere in the header. */
static void change_word(struct file *file, struct mutate_random *random) {
  static const char *const words[] = {"dense",
                                      "gru",
                                      "lstm",
                                      "identity",
                                      "relu",
                                      "tanh",
                                      "sigmoid",
                                      "layer_norm",
                                      "reset_before",
                                      "zoneout",
                                      "0.1",
                                      "zoneout=0.1",
                                      "cell_zoneout",
                                      "cell_zoneout=0.25",
                                      "linear",
                                      "weight_norm",
                                      "softmax",
                                      "gaussian",
                                      "skip_own",
                                      "tokens",
                                      "gaussian_normalized",
                                      "host",
                                      "cross_entropy",
                                      "host.gru",
                                      "host.lstm",
                                      "host.peepholes",
                                      "host.leaky",
                                      "mean_squared_error",
                                      "checkpoint",
                                      "thalnet",
                                      "modules",
                                      "reader",
                                      "reader_parts",
                                      "inputs",
                                      "outputs",
                                      "settle_steps",
                                      "learned_start",
                                      "in_order",
                                      "checksum",
                                      "format",
                                      "layers",
                                      "name",
                                      "__metadata__",
                                      "dtype",
                                      "F32",
                                      "F64",
                                      "shape",
                                      "data_offsets",
                                      "center.start",
                                      "adam",
                                      "adamw",
                                      "sgd",
                                      "rmsprop",
                                      "begun",
                                      "updates",
                                      "states",
                                      "steps",
                                      "average",
                                      "momentum",
                                      "swapped",
                                      "7ff0000000000000",
                                      "3fe0000000000000",
                                      "fff8000000000000"};
  size_t start = 0, old = draw_run(file, is_word, random, &start);
  if (old == 0) return;
  char word[256];
  if (mutate_below(random, 2)) {
    snprintf(word, sizeof word, "%s", words[mutate_below(random, sizeof words / sizeof words[0])]);
  } else {
    size_t other = 0, length = draw_run(file, is_word, random, &other);
    snprintf(word, sizeof word, "%.*s", (int)length, file->text + other);
  }
  replace(file, start, old, word, strlen(word));
}

static void change_string(struct file *file, struct mutate_random *random) {
  char string[512];
  size_t start = 0, old = draw_run(file, is_string, random, &start), other = 0;
  if (old == 0 || old > sizeof string / 2) return;
  if (mutate_below(random, 3) == 0) { /* one from elsewhere */
    const size_t length = draw_run(file, is_string, random, &other);
    snprintf(string, sizeof string, "%.*s", (int)length, file->text + other);
    replace(file, start, old, string, strlen(string));
  } else {
    memcpy(string, file->text + start, old);
    const size_t length = LLVMFuzzerMutate((uint8_t *)string, old, sizeof string);
    replace(file, start, old, string, length);
  }
}

/* From one comma between entries to the next: a pair of metadata, a part of a tensor, or a whole one. */
static size_t draw_entry(const struct file *file, struct mutate_random *random, size_t *start) {
  const int deep = (int)mutate_below(random, 2) + 1;
  size_t seen = 0, chosen = 0, length = 0;
  for (int pass = 0; pass < 2; pass++) {
    int depth = 0, quoted = 0;
    size_t begin = 0;
    seen = 0;
    for (size_t i = 0; i < file->length; i++) {
      const char c = file->text[i];
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if (c == '{' && ++depth == deep) begin = i + 1;
      if ((c == ',' || c == '}') && depth == deep) {
        if (pass == 1 && seen == chosen) {
          *start = begin;
          length = i - begin;
        }
        seen++;
        begin = i + 1;
      }
      if (c == '}') depth--;
    }
    if (pass == 0 && seen == 0) return 0;
    if (pass == 0) chosen = mutate_below(random, seen);
  }
  return length;
}

/* Removes an entry, says it twice, or puts it in the place of another. */
static void change_entry(struct file *file, struct mutate_random *random) {
  static char entry[ROOM];
  size_t start = 0, length = draw_entry(file, random, &start), other = 0, old = 0;
  if (length == 0) return;
  memcpy(entry, file->text + start, length);
  switch (mutate_below(random, 4)) {
  case 0: replace(file, start, length + (file->text[start + length] == ','), "", 0); break;
  case 1:
    entry[length] = ',';
    replace(file, start, 0, entry, length + 1);
    break;
  default:
    old = draw_entry(file, random, &other);
    if (old > 0) replace(file, other, old, entry, length);
  }
}

/* --- changes of the data ------------------------------------------------------------------------------------------------ */

static void change_data(struct file *file, struct mutate_random *random) {
  static const uint32_t numbers[] = {0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000,
                                     0x7f7fffff, 0x00000001, 0x00800000, 0x3f800000, 0xbf800000,
                                     0x4b800000, 0x33800000, 0x5f000000, 0x1f000000};
  if (file->size < 4 || mutate_below(random, 4) == 0) {
    const size_t most = file->size + 64 < ROOM ? file->size + 64 : ROOM;
    file->size = LLVMFuzzerMutate(file->data, file->size, most);
    return;
  }
  const uint32_t number = numbers[mutate_below(random, sizeof numbers / sizeof numbers[0])];
  size_t place = mutate_below(random, file->size / 4), count = 1;
  if (mutate_below(random, 4) == 0) count += mutate_below(random, file->size / 4 - place);
  for (size_t i = 0; i < count; i++)
    for (size_t b = 0; b < 4; b++) file->data[4 * (place + i) + b] = (uint8_t)(number >> 8 * b);
}

/* --- mending ------------------------------------------------------------------------------------------------------------ */

/* All tensors one behind the other with the sizes that their shapes have; the data as long as that. */
static void mend_places(struct file *file) {
  static const char shape[] = "\"shape\":[", places[] = "\"data_offsets\":[";
  uint64_t end = 0;
  for (char *at = strstr(file->text, shape); at != NULL; at = strstr(at, shape)) {
    uint64_t bytes = 4;
    at += sizeof shape - 1;
    while (is_digit(*at)) {
      const uint64_t dimension = strtoull(at, &at, 10);
      bytes = dimension < ROOM ? bytes * dimension : ROOM;
      if (bytes > ROOM) bytes = ROOM;
      if (*at == ',') at++;
    }
    char *place = strstr(at, places), *close = place ? strchr(place, ']') : NULL, *next = strstr(at, shape);
    if (close == NULL || (next != NULL && next < place)) continue;
    char offsets[64];
    const size_t start = (size_t)(place - file->text) + sizeof places - 1;
    snprintf(offsets, sizeof offsets, "%llu,%llu", (unsigned long long)end, (unsigned long long)(end + bytes));
    replace(file, start, (size_t)(close - file->text) - start, offsets, strlen(offsets));
    end += bytes;
    at = file->text + start;
  }
  if (end > ROOM) return;
  if (end > file->size) memset(file->data + file->size, 0x3d, (size_t)end - file->size);
  file->size = (size_t)end;
}

static size_t close_file(const struct file *file, uint8_t *bytes, size_t room) {
  const size_t size = 8 + file->length + file->size;
  if (size > room) return 0;
  for (size_t i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)file->length >> 8 * i);
  memcpy(bytes + 8, file->text, file->length);
  if (file->size > 0) memcpy(bytes + 8 + file->length, file->data, file->size);
  return size;
}

static void seal(const struct file *file, uint8_t *bytes, size_t size) {
  static const char key[] = "\"thalnet.checksum\":\"";
  const char *place = strstr(file->text, key);
  if (place == NULL) return;
  const size_t digits = 8 + (size_t)(place - file->text) + sizeof key - 1;
  if (digits + 8 > 8 + file->length) return;
  char text[9];
  memset(bytes + digits, '0', 8);
  snprintf(text, sizeof text, "%08lx", crc32(crc32(0, NULL, 0), bytes, (uInt)size));
  memcpy(bytes + digits, text, 8);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned int seed) {
  static void (*const changes[])(struct file *, struct mutate_random *) = {
      change_text, change_number, change_number, change_word, change_word, change_string, change_entry, change_data};
  static struct file file;
  struct mutate_random random = {seed};
  if (mutate_below(&random, 32) == 0 || !open_file(&file, bytes, size)) return LLVMFuzzerMutate(bytes, size, room);
  for (unsigned count = 1 + mutate_below(&random, 3) / 2; count > 0; count--)
    changes[mutate_below(&random, sizeof changes / sizeof changes[0])](&file, &random);
  if (mutate_below(&random, 4) > 0) mend_places(&file);
  const size_t result = close_file(&file, bytes, room);
  if (result == 0) return LLVMFuzzerMutate(bytes, size, room);
  if (mutate_below(&random, 16) > 0) seal(&file, bytes, result);
  return result;
}
