/* SPDX-License-Identifier: MIT */
/* Making small texts without stdio: numbers are plain decimals in every locale. */
#ifndef THALNET_CORE_TEXT_H
#define THALNET_CORE_TEXT_H

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
enum { THALNET__FRACTION_DIGITS = 15 };
/* A fraction as "0.25", with as few digits as a float needs to be the same again; 0.000001 <= fraction < 1. Where
 * numbers are rounded to nearest, like thalnet__field_fraction. */
void thalnet__text_fraction(thalnet__text *text, double fraction);
/* A number for people and programs to read, in six digits or fewer: "12.5", "0.031", "1.5e-7"; "0" where it is not within
 * 1e-300 to 1e308. */
void thalnet__text_real(thalnet__text *text, double number);
/* Ends it with NUL, at the last byte if it did not fit. */
const char *thalnet__text_end(thalnet__text *text);

#endif
