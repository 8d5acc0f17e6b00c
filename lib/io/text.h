/* SPDX-License-Identifier: MIT */
/* Making and taking apart the small texts of a model file, without stdio: numbers are plain decimals in every locale. */
#ifndef THALNET_IO_TEXT_H
#define THALNET_IO_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Text that grows in a buffer. What does not fit is counted but not written: with capacity 0 a text measures itself. */
typedef struct thalnet__text {
  char *bytes;
  size_t capacity;
  size_t used;
} thalnet__text;

void thalnet__text_add(thalnet__text *text, const char *words);
void thalnet__text_number(thalnet__text *text, uint64_t number);
/* The words with what JSON wants escaped. */
void thalnet__text_escaped(thalnet__text *text, const char *words);
/* The 16 hexadecimal digits of an IEEE 754 binary64. */
void thalnet__text_bits(thalnet__text *text, double number);
/* A fraction as "0.25", with as few digits as a float needs to be the same again; 0.000001 <= fraction < 1. Where
 * numbers are rounded to nearest, like thalnet__field_fraction. */
void thalnet__text_fraction(thalnet__text *text, double fraction);
/* Ends it with NUL, at the last byte if it did not fit. */
const char *thalnet__text_end(thalnet__text *text);

/* One word of a list, taken apart at its colons. */
enum { THALNET__FIELDS = 6 };
typedef struct thalnet__word {
  const char *at;
  size_t length;
  size_t count;
  struct thalnet__field {
    const char *at;
    size_t length;
  } fields[THALNET__FIELDS];
} thalnet__word;

/* Takes the next word off a list of words with a single space between them. 1: there was one; 0: the list is at its end; -1: it
 * is malformed: another space, an empty field, too many fields. *word is what was looked at. */
int thalnet__take_word(const char **list, thalnet__word *word);

int thalnet__field_is(const struct thalnet__field *field, const char *word);
/* What thalnet__text_bits makes; -1: it is not that. */
int thalnet__read_bits(const char *words, double *number);
/* A decimal without sign or leading zeros, at most `limit`; -1: it is none. */
int thalnet__field_number(const struct thalnet__field *field, uint64_t limit, uint64_t *number);

/* As thalnet__text_fraction writes it: "0." and 1 to THALNET__FRACTION_DIGITS digits, the last one not 0; -1: it is none. */
enum { THALNET__FRACTION_DIGITS = 15 };
int thalnet__field_fraction(const struct thalnet__field *field, double *fraction);

#endif
