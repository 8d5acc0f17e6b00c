/* SPDX-License-Identifier: MIT */
#include "io/words.h"

#include <string.h>

static const char thalnet__hex_digits[] = "0123456789abcdef";

int thalnet__read_bits(const char *words, double *number) {
  uint64_t bits = 0;
  if (strlen(words) != 16 || strspn(words, thalnet__hex_digits) != 16) return -1;
  for (; *words != 0; words++) bits = bits << 4 | (uint64_t)(strchr(thalnet__hex_digits, *words) - thalnet__hex_digits);
  memcpy(number, &bits, sizeof bits);
  return 0;
}

int thalnet__take_word(const char **list, thalnet__word *word) {
  const char *at = *list;
  *word = (thalnet__word){.at = at, .length = strcspn(at, " ")};
  if (*at == 0) return 0;
  for (;;) {
    const size_t length = strcspn(at, ": ");
    if (length == 0 || word->count == THALNET__FIELDS) return -1;
    word->fields[word->count++] = (struct thalnet__field){at, length};
    at += length;
    if (*at != ':') break;
    at++;
  }
  if (*at == ' ' && *++at == 0) return -1;
  *list = at;
  return 1;
}

int thalnet__field_is(const struct thalnet__field *field, const char *word) {
  return strlen(word) == field->length && memcmp(word, field->at, field->length) == 0;
}

int thalnet__field_number(const struct thalnet__field *field, uint64_t limit, uint64_t *number) {
  uint64_t value = 0;
  if (field->at[0] == '0' && field->length > 1) return -1;
  for (size_t i = 0; i < field->length; i++) {
    const char c = field->at[i];
    if (c < '0' || c > '9' || value > (UINT64_MAX - 9) / 10) return -1;
    value = 10 * value + (uint64_t)(c - '0');
  }
  if (value > limit) return -1;
  *number = value;
  return 0;
}

int thalnet__field_fraction(const struct thalnet__field *field, double *fraction) {
  double number = 0, scale = 1;
  if (field->length < 3 || field->length > 2 + THALNET__FRACTION_DIGITS) return -1;
  if (memcmp(field->at, "0.", 2) != 0 || field->at[field->length - 1] == '0') return -1;
  for (size_t i = 2; i < field->length; i++) {
    const char c = field->at[i];
    if (c < '0' || c > '9') return -1;
    number = 10 * number + (c - '0');
    scale *= 10;
  }
  *fraction = number / scale;
  return 0;
}
