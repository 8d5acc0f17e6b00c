/* SPDX-License-Identifier: MIT */
#include "io/text.h"

#include <string.h>

void thalnet__text_add(thalnet__text *text, const char *words) {
  for (; *words != 0; words++, text->used++)
    if (text->used < text->capacity) text->bytes[text->used] = *words;
}

void thalnet__text_number(thalnet__text *text, uint64_t number) {
  char digits[21];
  size_t at = sizeof digits;
  digits[--at] = 0;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  thalnet__text_add(text, digits + at);
}

static const char thalnet__digits[] = "0123456789abcdef";

void thalnet__text_escaped(thalnet__text *text, const char *words) {
  for (; *words != 0; words++) {
    const unsigned char c = (unsigned char)*words;
    char escaped[] = {'\\', *words, 0, 0, 0, 0, 0};
    if (c < 0x20)
      memcpy(escaped, "\\u00", 4), escaped[4] = thalnet__digits[c >> 4], escaped[5] = thalnet__digits[c & 15];
    thalnet__text_add(text, c < 0x20 || c == '"' || c == '\\' ? escaped : (const char[]){*words, 0});
  }
}

void thalnet__text_bits(thalnet__text *text, double number) {
  uint64_t bits;
  char digits[17] = "";
  memcpy(&bits, &number, sizeof bits);
  for (int i = 0; i < 16; i++) digits[i] = thalnet__digits[bits >> (60 - 4 * i) & 15];
  thalnet__text_add(text, digits);
}

int thalnet__read_bits(const char *words, double *number) {
  uint64_t bits = 0;
  if (strlen(words) != 16 || strspn(words, thalnet__digits) != 16) return -1;
  for (; *words != 0; words++) bits = bits << 4 | (uint64_t)(strchr(thalnet__digits, *words) - thalnet__digits);
  memcpy(number, &bits, sizeof bits);
  return 0;
}

void thalnet__text_fraction(thalnet__text *text, double fraction) {
  char digits[THALNET__FRACTION_DIGITS + 1] = "";
  double scale = 1; /* a power of ten below 2^53, as the digits are: both are exact, and the quotient is the nearest */
  uint64_t number = 0;
  size_t count = 0;
  do {
    scale *= 10;
    number = (uint64_t)(fraction * scale + 0.5);
    count++;
  } while (count < THALNET__FRACTION_DIGITS && (float)((double)number / scale) != (float)fraction);
  for (size_t at = count; at-- > 0; number /= 10) digits[at] = (char)('0' + number % 10);
  thalnet__text_add(text, "0.");
  thalnet__text_add(text, digits);
}

const char *thalnet__text_end(thalnet__text *text) {
  text->bytes[text->used < text->capacity ? text->used : text->capacity - 1] = 0;
  return text->bytes;
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
