/* SPDX-License-Identifier: MIT */
#include "header_draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

static void add(drawn *header, const char *format, ...) IO_PRINTF(2, 3);

static void add(drawn *header, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(header->text + header->size, sizeof header->text - header->size, format, arguments);
  va_end(arguments);
  header->size += (size_t)size < sizeof header->text - header->size ? (size_t)size : 0;
}

static void space(drawn *header, unsigned long long *state) {
  static const char *const spaces[] = {" ", "\n", "\t", "\r", "  \n"};
  if (io_draw(state, 12) == 0) {
    add(header, "%s", spaces[io_draw(state, 5)]);
  }
}

static void mark(drawn *header, unsigned long long *state, const char *text) {
  space(header, state);
  add(header, "%s", text);
  space(header, state);
}

/* A string, some of whose letters are written as escapes. */
static void string(drawn *header, unsigned long long *state, const char *text) {
  add(header, "\"");
  for (; *text; text++) {
    if (io_draw(state, 60) == 0) {
      add(header, "\\u%04x", (unsigned)(unsigned char)*text);
    } else {
      add(header, "%c", *text);
    }
  }
  add(header, "\"");
}

/* A name, which has none. */
static void name(drawn *header, const char *text) { add(header, "\"%s\"", text); }

static void shape_of(drawn *header, unsigned long long *state, unsigned long long *count) {
  unsigned rank = io_draw(state, 10) == 0 ? io_draw(state, 9) : io_draw(state, 4);
  *count = 1;
  mark(header, state, "[");
  for (unsigned i = 0; i < rank; i++) {
    unsigned dimension = 1 + io_draw(state, 5);
    if (i > 0) {
      mark(header, state, ",");
    }
    add(header, "%u", dimension);
    *count *= dimension;
  }
  mark(header, state, "]");
}

static void tensor(drawn *header, unsigned long long *state, const char *called, unsigned long long begin,
                   const char *shape, unsigned long long count) {
  static const unsigned char orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const unsigned char *order = orders[io_draw(state, 6)];
  name(header, called);
  mark(header, state, ":");
  add(header, "{");
  for (int i = 0; i < 3; i++) {
    static const char *const keys[] = {"dtype", "shape", "data_offsets"};
    if (i > 0) {
      mark(header, state, ",");
    }
    string(header, state, keys[order[i]]);
    mark(header, state, ":");
    if (order[i] == 0) {
      string(header, state, "F32");
    }
    if (order[i] == 1) {
      add(header, "%s", shape);
    }
    if (order[i] == 2) {
      add(header, "[%llu,%llu]", begin, begin + 4 * count);
    }
  }
  add(header, "}");
}

static void pairs(drawn *header, unsigned long long *state) {
  static const char *const values[] = {"",       "1",        "a b:c",          "\\\"quoted\\\"",
                                       "tab\\t", "\xc3\xa9", "\\ud83d\\ude00", "\\/"};
  unsigned count = io_draw(state, 6);
  name(header, "__metadata__");
  mark(header, state, ":");
  add(header, "{");
  for (unsigned i = 0; i < count; i++) {
    if (i > 0) {
      mark(header, state, ",");
    }
    add(header, "\"thalnet.key%u\"", i);
    mark(header, state, ":");
    add(header, "\"%s\"", values[io_draw(state, 8)]);
  }
  add(header, "}");
}

void draw_header(drawn *header, unsigned long long *state) {
  enum { MOST = 6 };
  char shapes[MOST][200];
  unsigned long long counts[MOST], begins[MOST];
  unsigned tensors = io_draw(state, MOST + 1), metadata = io_draw(state, tensors + 2), turn = io_draw(state, MOST);
  *header = (drawn){.size = 0};
  for (unsigned i = 0; i < tensors; i++) {
    drawn shape = {.size = 0};
    shape_of(&shape, state, &counts[i]);
    memcpy(shapes[i], shape.text, sizeof shapes[i]);
    begins[i] = header->data;
    header->data += 4 * counts[i];
  }
  add(header, "{");
  space(header, state);
  for (unsigned i = 0, items = 0; i <= tensors; i++) {
    if (i == metadata) {
      if (items++ > 0) {
        mark(header, state, ",");
      }
      pairs(header, state);
    }
    if (i < tensors) { /* not in the order of the data */
      char called[40];
      unsigned k = (i + turn) % tensors;
      snprintf(called, sizeof called, "modules.%u.layers_%u", k / 2, k);
      if (items++ > 0) {
        mark(header, state, ",");
      }
      tensor(header, state, called, begins[k], shapes[k], counts[k]);
    }
  }
  space(header, state);
  add(header, "}");
  for (unsigned i = io_draw(state, 9); i > 0; i--) {
    add(header, " ");
  }
}

static void replace(drawn *header, size_t at, size_t size, const char *with, size_t length) {
  if (header->size - size + length > sizeof header->text) {
    return;
  }
  memmove(header->text + at + length, header->text + at + size, header->size - at - size);
  memcpy(header->text + at, with, length);
  header->size += length - size;
}

void break_header(drawn *header, unsigned long long *state) {
  static const char *const words[] = {"{",
                                      "}",
                                      "[",
                                      "]",
                                      ",",
                                      ":",
                                      "\"",
                                      "0",
                                      "1",
                                      "-1",
                                      "-0",
                                      "1.0",
                                      "1e2",
                                      "null",
                                      "true",
                                      "{}",
                                      "[]",
                                      "\"a\"",
                                      "\\",
                                      "\\u0",
                                      "\x01",
                                      "\xff",
                                      "\xc3",
                                      " ",
                                      "\n",
                                      "F16",
                                      "F32",
                                      "4",
                                      "00",
                                      "__metadata__",
                                      "dtype",
                                      "\\u0000",
                                      "999",
                                      "281474976710655",
                                      "281474976710656",
                                      "18446744073709551616"};
  for (unsigned changes = 1 + io_draw(state, 3); changes > 0 && header->size > 0; changes--) {
    size_t at = io_draw(state, (unsigned)header->size), size = io_draw(state, 4);
    const char *word = words[io_draw(state, sizeof words / sizeof words[0])];
    char slice[64];
    if (size > header->size - at) {
      size = header->size - at;
    }
    switch (io_draw(state, 6)) {
    case 0: header->text[at] = (char)(header->text[at] ^ (1 << io_draw(state, 8))); break;
    case 1: replace(header, at, size, "", 0); break;
    case 2: replace(header, at, 0, word, strlen(word)); break;
    case 3: replace(header, at, size, word, strlen(word)); break;
    case 4: /* a piece of it once more, elsewhere */
      size = header->size - at < sizeof slice ? header->size - at : sizeof slice;
      memcpy(slice, header->text + at, size);
      replace(header, io_draw(state, (unsigned)header->size), 0, slice, size);
      break;
    default: /* another digit */
      if (header->text[at] >= '0' && header->text[at] <= '9') {
        header->text[at] = (char)('0' + io_draw(state, 10));
      }
    }
  }
}
