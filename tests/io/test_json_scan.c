/* SPDX-License-Identifier: MIT */
/* The scanner against jansson, a complete parser: strings, numbers and structure. Where jansson takes more than we do, the
 * difference is written down in the test. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json_scan.h"
#include "io/run.h"

/* One string between quotes; NULL when it is refused. What it reads is a block of its own: a step beyond the end is seen. */
static const char *scan_string(const char *text, size_t size) {
  static char strings[300];
  char *block = malloc(size);
  thalnet__json json = {.text = block, .size = size, .strings = strings};
  const char *string;
  ck_assert_ptr_nonnull(block);
  memcpy(block, text, size);
  memset(strings, '#', sizeof strings);
  const int refused = thalnet__json_string(&json, &string) || thalnet__json_end(&json);
  free(block);
  ck_assert_uint_le(json.used, size);
  return refused ? NULL : string;
}

/* Both refuse the string, or both read the same. */
static void same_string(const char *text, size_t size) {
  json_t *oracle = json_loadb(text, size, JSON_DECODE_ANY, NULL);
  const char *mine = scan_string(text, size);
  ck_assert_msg((mine != NULL) == (oracle != NULL), "%.*s", (int)size, text);
  if (oracle != NULL) {
    ck_assert_str_eq(mine, json_string_value(oracle));
  }
  json_decref(oracle);
}

static void same_bytes(const unsigned char *bytes, size_t count) {
  char text[20] = "\"";
  memcpy(text + 1, bytes, count);
  text[count + 1] = '"';
  if (count > 0 && bytes[count - 1] == '\\') {
    return;
  } /* would swallow the quote */
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] == '"') {
      return;
    }
  }
  same_string(text, count + 2);
}

/* Every sequence of two bytes, and every third and fourth byte behind the leads whose ranges are special. */
START_TEST(utf8) {
  static const unsigned char leads[] = {0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
                                        0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
  static const unsigned char ends[] = {0x00, 0x20, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
  for (unsigned a = 0; a < 256; a++) {
    for (unsigned b = 0; b < 256; b++) {
      const unsigned char bytes[] = {(unsigned char)a, (unsigned char)b};
      same_bytes(bytes, 1);
      same_bytes(bytes, 2);
    }
  }
  ck_assert_uint_eq(thalnet__utf8_length("", 0), 0);
  for (size_t i = 0; i < sizeof leads; i++) {
    for (unsigned b = 0x7e; b < 0xc2; b++) {
      for (size_t c = 0; c < sizeof ends; c++) {
        for (size_t d = 0; d < sizeof ends; d++) {
          const unsigned char bytes[] = {leads[i], (unsigned char)b, ends[c], ends[d]};
          same_bytes(bytes, 3);
          same_bytes(bytes, 4);
        }
      }
    }
  }
}
END_TEST

/* Every \uXXXX alone, and those around the surrogates in pairs. */
START_TEST(unicode_escapes) {
  static const unsigned units[] = {0x0000, 0x0041, 0xd7ff, 0xd800, 0xd83d, 0xdbff,
                                   0xdc00, 0xde00, 0xdfff, 0xe000, 0xffff};
  char text[40];
  for (unsigned unit = 0; unit < 0x10000; unit++) {
    int size = snprintf(text, sizeof text, "\"\\u%04x\"", unit);
    same_string(text, (size_t)size);
  }
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    for (size_t j = 0; j < sizeof units / sizeof units[0]; j++) {
      int size = snprintf(text, sizeof text, "\"\\u%04X\\u%04x\"", units[i], units[j]);
      same_string(text, (size_t)size);
    }
  }
}
END_TEST

START_TEST(strings) {
  static const char *const list[] = {"\"\"",
                                     "\"a\"",
                                     "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                     "\"\\u00e9\\u20ac\\ud83d\\ude00\"",
                                     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
                                     "\"\\x41\"",
                                     "\"\\\"",
                                     "\"\\",
                                     "\"\\u\"",
                                     "\"\\u12\"",
                                     "\"\\u12g4\"",
                                     "\"\\u 123\"",
                                     "\"\\U0041\"",
                                     "\"\\ud800\"",
                                     "\"\\ud800x\"",
                                     "\"\\ud800\\n\"",
                                     "\"\\ud800\\\"",
                                     "\"\\ud800\\u\"",
                                     "\"\\a\"",
                                     "\"\\'\"",
                                     "\"\\0\"",
                                     "\"",
                                     "a",
                                     "'a'",
                                     "\"a\nb\"",
                                     "\"a\tb\"",
                                     "\"\x7f\"",
                                     "  \"a\"",
                                     "\t\r\n\"a\"",
                                     "\"a\"  "};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    for (size_t size = strlen(list[i]); size > 0; size--) {
      same_string(list[i], size);
    }
  }
  /* NUL, as a byte and as an escape: refused by both */
  ck_assert_ptr_null(scan_string("\"a\0b\"", 5));
  ck_assert_ptr_null(scan_string("\"\\u0000\"", 8));
  /* Differences: only spaces may follow, and no byte order mark may come first. */
  ck_assert_ptr_null(scan_string("\"a\"\n", 4));
  ck_assert_ptr_null(scan_string("\xef\xbb\xbf\"a\"", 6));
}
END_TEST

START_TEST(numbers) {
  static const struct {
    const char *text;
    uint64_t number;
    int good;
  } list[] = {{"0", 0, 1},
              {"7", 7, 1},
              {"1234567890", 1234567890, 1},
              {" 42", 42, 1},
              {"281474976710655", 281474976710655, 1}, /* 2^48 - 1 */
              {"281474976710656", 0, 0},
              {"18446744073709551616", 0, 0},
              {"18446744073709551617", 0, 0},
              {"99999999999999999999999999999999999999", 0, 0},
              {"00", 0, 0},
              {"01", 0, 0},
              {"-0", 0, 0},
              {"-1", 0, 0},
              {"+1", 0, 0},
              {"1.0", 0, 0},
              {"1.", 0, 0},
              {".5", 0, 0},
              {"1e3", 0, 0},
              {"1E3", 0, 0},
              {"0e0", 0, 0},
              {"0x10", 0, 0},
              {"", 0, 0},
              {"x", 0, 0},
              {"NaN", 0, 0},
              {"Infinity", 0, 0},
              {"true", 0, 0},
              {"null", 0, 0},
              {"\"1\"", 0, 0},
              {"1 2", 0, 0},
              {"1,", 0, 0}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    char unused[8];
    thalnet__json json = {.text = list[i].text, .size = strlen(list[i].text), .strings = unused};
    uint64_t number = 77;
    int good = thalnet__json_number(&json, &number) == THALNET_OK && thalnet__json_end(&json) == THALNET_OK;
    ck_assert_msg(good == list[i].good, "%s", list[i].text);
    if (good) {
      ck_assert_uint_eq(number, list[i].number);
    }
    json_t *oracle = json_loads(list[i].text, JSON_DECODE_ANY, NULL);
    if (good) {
      ck_assert_int_eq((json_int_t)number, json_integer_value(oracle));
    }
    json_decref(oracle);
  }
}
END_TEST

/* An array of numbers: 1 when it is read to its end. */
static int scan_array(const char *text) {
  char unused[8];
  thalnet__json json = {.text = text, .size = strlen(text), .strings = unused};
  if (thalnet__json_open(&json, '[')) {
    return 0;
  }
  for (size_t items = 0;; items++) {
    int more;
    uint64_t number;
    if (thalnet__json_next(&json, ']', items, &more)) {
      return 0;
    }
    if (!more) {
      return thalnet__json_end(&json) == THALNET_OK;
    }
    if (thalnet__json_number(&json, &number)) {
      return 0;
    }
  }
}

START_TEST(arrays) {
  static const char *const list[] = {"[]",    "[ ]",   "[1]",    "[1,2]", "[ 1 , 2 ]", "[\t1\n,\r2]", "[,]", "[1,]",
                                     "[,1]",  "[1 2]", "[1,,2]", "[",     "[1",        "[1,",         "]",   "[1]]",
                                     "[[1]]", "[1}",   "{1]",    "[1;2]", "[1]  ",     "[1]x"};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    json_t *oracle = json_loads(list[i], 0, NULL);
    int good = oracle != NULL;
    for (size_t k = 0; good && k < json_array_size(oracle); k++) {
      good = json_is_integer(json_array_get(oracle, k));
    }
    ck_assert_msg(scan_array(list[i]) == good, "%s", list[i]);
    json_decref(oracle);
  }
}
END_TEST

START_TEST(keys) {
  static const struct {
    const char *text;
    int good;
  } list[] = {{"\"a\":", 1}, {" \"a\" : ", 1}, {"\"a\"", 0}, {"a:", 0}, {"\"a\"=", 0}, {"1:", 0}, {"", 0}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    char decoded[20];
    const char *key;
    thalnet__json json = {.text = list[i].text, .size = strlen(list[i].text), .strings = decoded};
    ck_assert_msg((thalnet__json_key(&json, &key) == THALNET_OK) == list[i].good, "%s", list[i].text);
    if (list[i].good) {
      ck_assert_str_eq(key, "a");
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {unicode_escapes, strings, numbers, arrays, keys, utf8};
  return IO_RUN("json_scan", tests);
}
