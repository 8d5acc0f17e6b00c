/* SPDX-License-Identifier: MIT */
/* Taking apart the small texts of a model file, which core/text.h makes. */
#ifndef THALNET_IO_WORDS_H
#define THALNET_IO_WORDS_H

#include "core/text.h"

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
int thalnet__field_fraction(const struct thalnet__field *field, double *fraction);

#endif
