/* SPDX-License-Identifier: MIT */
/* The small parts of lib/io: numbers in texts and bytes, lists of words, sorting, guesses at alien files. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/status.h"
#include "io/alien.h"
#include "io/bytes.h"
#include "io/run.h"
#include "io/sort.h"
#include "io/source.h"
#include "io/words.h"

START_TEST(text_measures_itself) {
  char buffer[40];
  thalnet__text counted = {0}, written = {buffer, sizeof buffer, 0}, small = {buffer, 5, 0};
  const struct {
    uint64_t number;
    const char *text;
  } numbers[] = {{0, "0"}, {9, "9"}, {10, "10"}, {16777216, "16777216"}, {UINT64_MAX, "18446744073709551615"}};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    counted.used = written.used = 0;
    thalnet__text_add(&counted, "n=");
    thalnet__text_number(&counted, numbers[i].number);
    thalnet__text_add(&written, "n=");
    thalnet__text_number(&written, numbers[i].number);
    ck_assert_uint_eq(counted.used, written.used);
    ck_assert_str_eq(thalnet__text_end(&written) + 2, numbers[i].text);
  }
  memset(buffer, '#', sizeof buffer);
  thalnet__text_add(&small, "abc");
  thalnet__text_number(&small, 12345);
  ck_assert_uint_eq(small.used, 8);
  ck_assert_str_eq(thalnet__text_end(&small), "abc1");
  ck_assert_int_eq(buffer[5], '#');
}
END_TEST

/* Words as "fields/fields|...", -1 as "!". */
static const char *split(const char *list) {
  static char text[200];
  thalnet__word word;
  int taken;
  text[0] = 0;
  while ((taken = thalnet__take_word(&list, &word)) == 1) {
    for (size_t i = 0; i < word.count; i++) {
      snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s%s", (int)word.fields[i].length, word.fields[i].at,
               i + 1 < word.count ? "/" : "|");
    }
  }
  return taken == 0 ? text : strcat(text, "!");
}

START_TEST(words) {
  ck_assert_str_eq(split(""), "");
  ck_assert_str_eq(split("a"), "a|");
  ck_assert_str_eq(split("a b"), "a|b|");
  ck_assert_str_eq(split("rows:28:dense:1 t:5:tokens:2"), "rows/28/dense/1|t/5/tokens/2|");
  ck_assert_str_eq(split(" "), "!");
  ck_assert_str_eq(split(" a"), "!");
  ck_assert_str_eq(split("a "), "!");
  ck_assert_str_eq(split("a  b"), "a|!");
  ck_assert_str_eq(split("a:"), "!");
  ck_assert_str_eq(split(":a"), "!");
  ck_assert_str_eq(split("a::b"), "!");
  ck_assert_str_eq(split("a: b"), "!");
  ck_assert_str_eq(split("a:b:c:d:e:f:g"), "!");
  ck_assert_str_eq(split("a\tb"), "a\tb|");
}
END_TEST

START_TEST(numbers_of_words) {
  static const char *const bad[] = {"00",
                                    "01",
                                    "-1",
                                    "+1",
                                    "1.0",
                                    "1e3",
                                    "0x1",
                                    "1,0",
                                    "one",
                                    "18446744073709551616",
                                    "99999999999999999999999",
                                    "1 ",
                                    "1\n",
                                    "\xd9\xa1"};
  struct thalnet__field field;
  uint64_t number = 77;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    field = (struct thalnet__field){bad[i], strlen(bad[i])};
    ck_assert_msg(thalnet__field_number(&field, UINT64_MAX, &number) == -1, "%s", bad[i]);
    ck_assert_uint_eq(number, 77);
  }
  field = (struct thalnet__field){"1025x", 4};
  ck_assert_int_eq(thalnet__field_number(&field, 1024, &number), -1);
  ck_assert_int_eq(thalnet__field_number(&field, 1025, &number), 0);
  ck_assert_uint_eq(number, 1025);
  field = (struct thalnet__field){"0", 1};
  ck_assert_int_eq(thalnet__field_number(&field, 0, &number), 0);
  ck_assert_uint_eq(number, 0);
  field = (struct thalnet__field){"18446744073709551599", 20}; /* the largest that is read without a chance to wrap */
  ck_assert_int_eq(thalnet__field_number(&field, UINT64_MAX, &number), 0);
  ck_assert_uint_eq(number, 18446744073709551599u);
}
END_TEST

START_TEST(bits_of_numbers) {
  static const char *const bad[] = {"",
                                    "3ff000000000000",
                                    "3ff00000000000000",
                                    "3ff0000000000000x",
                                    "3ff000000000000g",
                                    "3FF0000000000000",
                                    " 3ff000000000000",
                                    "-3ff000000000000",
                                    "0x3ff00000000000"};
  double number = 7;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_msg(thalnet__read_bits(bad[i], &number) == -1, "%s", bad[i]);
    ck_assert(number == 7);
  }
  ck_assert_int_eq(thalnet__read_bits("bff8000000000000", &number), 0);
  ck_assert(number == -1.5);
}
END_TEST

START_TEST(fractions) {
  static const struct {
    double value;
    const char *text;
  } good[] = {{0.1f, "0.1"},
              {0.5f, "0.5"},
              {0.000001f, "0.000001"},
              {0.99999994f, "0.99999994"},
              {1.0f / 3, "0.33333334"},
              {0.0123456789f, "0.012345679"},
              {0.0000012345678f, "0.0000012345678"}};
  static const char *const bad[] = {"",
                                    "0",
                                    "0.",
                                    "0.0",
                                    "0.10",
                                    "00.1",
                                    ".1",
                                    "1.0",
                                    "-0.1",
                                    "+0.1",
                                    "0,1",
                                    "0.1e-1",
                                    "0.1f",
                                    "0x0.1",
                                    "0. 1",
                                    "0.1 ",
                                    "0.-1",
                                    "0.1.1",
                                    "nan",
                                    "inf",
                                    "1",
                                    "0.\xd9\xa1",
                                    "0.0000000000000001"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    char buffer[40];
    double again = 7;
    thalnet__text text = {buffer, sizeof buffer, 0};
    thalnet__text_fraction(&text, good[i].value);
    ck_assert_str_eq(thalnet__text_end(&text), good[i].text);
    const struct thalnet__field field = {buffer, text.used};
    ck_assert_int_eq(thalnet__field_fraction(&field, &again), 0);
    ck_assert((float)again == (float)good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    double read = 7;
    const struct thalnet__field field = {bad[i], strlen(bad[i])};
    ck_assert_msg(thalnet__field_fraction(&field, &read) == -1, "%s", bad[i]);
    ck_assert(read == 7);
  }
  const struct thalnet__field cut = {"0.125", 3}; /* a field ends where its length says */
  double read = 7;
  ck_assert_int_eq(thalnet__field_fraction(&cut, &read), 0);
  ck_assert(read == 0.1);
}
END_TEST

/* Every float in bounds is the same again. */
START_TEST(fractions_come_back) {
  unsigned long long state = 3;
  for (int i = 0; i < 200000; i++) {
    const uint32_t low = 0x358637bd, high = 0x3f800000; /* 0.000001f, 1.0f */
    const uint32_t bits = i == 0 ? low : i == 1 ? high - 1 : low + io_draw(&state, high - low);
    float value;
    char buffer[40];
    double again = 7;
    memcpy(&value, &bits, sizeof value);
    thalnet__text text = {buffer, sizeof buffer, 0};
    thalnet__text_fraction(&text, (double)value);
    const struct thalnet__field field = {buffer, text.used};
    ck_assert_msg(thalnet__field_fraction(&field, &again) == 0 && (float)again == value, "%a", (double)value);
  }
}
END_TEST

static void reads_as(double number, const char *expected) {
  char buffer[40];
  thalnet__text text = {buffer, sizeof buffer, 0};
  thalnet__text_real(&text, number);
  ck_assert_str_eq(thalnet__text_end(&text), expected);
}

START_TEST(real_numbers) {
  static const struct {
    double number;
    const char *text;
  } cases[] = {{0.0, "0"},
               {-0.0, "0"},
               {1.0, "1"},
               {-2.5, "-2.5"},
               {0.125, "0.125"},
               {1000.0, "1000"},
               {123456.0, "123456"},
               {0.0001, "0.0001"},
               {0.00012345678, "0.000123457"},
               {0.99999999, "1"},
               {999999.7, "1e6"},
               {1e6, "1e6"},
               {1234567.0, "1.23457e6"},
               {1.5e-7, "1.5e-7"},
               {-3e-40, "-3e-40"},
               {1e300, "1e300"},
               {1e-310, "0"},
               {0.3, "0.3"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    reads_as(cases[i].number, cases[i].text);
  }
  unsigned long long state = 5;
  for (int i = 0; i < 100000; i++) { /* six digits are within half a unit of the sixth */
    const double number = ((double)io_draw(&state, 1u << 30) - (1 << 29)) * pow(10, (double)io_draw(&state, 40) - 20);
    char buffer[40];
    double again = 0;
    thalnet__text text = {buffer, sizeof buffer, 0};
    thalnet__text_real(&text, number);
    ck_assert_int_eq(sscanf(thalnet__text_end(&text), "%lf", &again), 1);
    ck_assert_msg(fabs(again - number) <= 5.1e-6 * fabs(number), "%a as %s", number, buffer);
    ck_assert_uint_le(text.used, 13);
  }
}
END_TEST

/* Decimal commas and thousands of a locale are nowhere. */
START_TEST(locales_have_no_say) {
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char buffer[40];
    thalnet__text text = {buffer, sizeof buffer, 0};
    if (!setlocale(LC_ALL, names[i])) {
      continue;
    }
    thalnet__text_number(&text, 1234567);
    ck_assert_str_eq(thalnet__text_end(&text), "1234567");
    text.used = 0;
    thalnet__text_fraction(&text, 0.25);
    ck_assert_str_eq(thalnet__text_end(&text), "0.25");
    text.used = 0;
    thalnet__text_real(&text, 1234.5);
    ck_assert_str_eq(thalnet__text_end(&text), "1234.5");
  }
  setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(floats_are_little_endian) {
  static const unsigned char bytes[] = {0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1, 1, 0, 0, 0, 0, 0, 0x80, 0x7f};
  unsigned char again[sizeof bytes], word[8];
  real values[4];
  thalnet__get_floats(bytes, 4, values);
  ck_assert(values[0] == 1 && values[1] == -10 && values[2] == 0x1p-149f && values[3] > 3e38f);
  thalnet__put_floats(again, 4, values);
  ck_assert_mem_eq(again, bytes, sizeof bytes);
  thalnet__put_u64(word, 0x0102030405060708u);
  ck_assert_int_eq(word[0], 8);
  ck_assert_uint_eq(thalnet__get_u64(word), 0x0102030405060708u);
}
END_TEST

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

/* Against the sort of the C library; random, sorted, reversed, all equal. */
START_TEST(sorting) {
  unsigned long long state = 1;
  for (size_t count = 0; count < 200; count++) {
    for (int kind = 0; kind < 4; kind++) {
      int values[200], sorted[200];
      void *items[200];
      for (size_t i = 0; i < count; i++) {
        values[i] = kind == 0 ? (int)io_draw(&state, 50) : kind == 1 ? (int)i : kind == 2 ? -(int)i : 3;
        sorted[i] = values[i];
        items[i] = &values[i];
      }
      thalnet__sort(items, count, compare);
      qsort(sorted, count, sizeof sorted[0], compare);
      for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(*(int *)items[i], sorted[i]);
      }
      for (int wanted = -1; wanted < 60; wanted++) {
        size_t place = thalnet__search(items, count, &wanted, compare);
        int there = bsearch(&wanted, sorted, count, sizeof sorted[0], compare) != NULL;
        ck_assert_int_eq(place < count, there);
        if (there) {
          ck_assert_int_eq(*(int *)items[place], wanted);
        }
      }
    }
  }
}
END_TEST

START_TEST(aliens) {
  const struct {
    const char *start, *name;
  } list[] = {{"\x1f\x8b\x08rest..", "gzip"},
              {"PK\x03\x04rest.", "zip"},
              {"\x80\x04\x95 rest", "pickle"},
              {"\x89HDF\r\n\x1a\n.", "HDF5"},
              {"\x93NUMPY\x01.", "npy"},
              {"GGUF\x03rest", "GGUF"},
              {"\x7f"
               "ELF\x02....",
               "ELF"},
              {"version https", "LFS"},
              {"<!DOCTYPE html>", "web page"},
              {"{\"a\": 1}..", "JSON"},
              {"0.1 0.2 0.3", "text file"},
              {"\x01\x02\x03\x04\x05\x06\x07\x08{", "no safe"}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    const char *name = thalnet__alien_name((const unsigned char *)list[i].start, 9);
    ck_assert_msg(strstr(name, list[i].name) != NULL, "%s: %s", list[i].name, name);
  }
  unsigned char swapped[] = {0, 0, 0, 0, 0, 0, 2, 16, '{'};
  ck_assert_ptr_nonnull(strstr(thalnet__alien_name(swapped, 9), "big-endian"));
  ck_assert_ptr_nonnull(strstr(thalnet__alien_name(swapped, 8), "no safe"));
  for (int i = 0; i < 4; i++) { /* too large for the length of a header, in this order or the other */
    swapped[i] = 1;
    ck_assert_ptr_nonnull(strstr(thalnet__alien_name(swapped, 9), "no safe"));
    swapped[i] = 0;
  }
  ck_assert_ptr_nonnull(thalnet__alien_name(swapped, 0));
}
END_TEST

/* A source gives what it has and not a byte more. */
START_TEST(sources_end) {
  unsigned char bytes[4] = {1, 2, 3, 4}, read[8] = {0};
  thalnet__source source = thalnet__source_memory(bytes, sizeof bytes);
  ck_assert_int_eq(thalnet__source_read(&source, read, 0), THALNET_OK);
  ck_assert_int_eq(thalnet__source_read(&source, read, 3), THALNET_OK);
  ck_assert_int_eq(thalnet__source_read(&source, read, 2), THALNET_ERROR_TRUNCATED);
  ck_assert_int_eq(thalnet__source_read(&source, read, SIZE_MAX), THALNET_ERROR_TRUNCATED);
  ck_assert_int_eq(thalnet__source_read(&source, read + 3, 1), THALNET_OK);
  ck_assert_mem_eq(read, bytes, 4);
  ck_assert_int_eq(thalnet__source_finish(&source), THALNET_OK);
  ck_assert_int_eq(thalnet__source_read(&source, read, 1), THALNET_ERROR_TRUNCATED);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {text_measures_itself,
                                words,
                                numbers_of_words,
                                bits_of_numbers,
                                fractions,
                                aliens,
                                sources_end,
                                locales_have_no_say,
                                floats_are_little_endian,
                                sorting,
                                fractions_come_back,
                                real_numbers};
  return IO_RUN("parts", tests);
}
