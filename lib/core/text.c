/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <math.h>
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

/* The digits of a number below 10^6 with the point before the last `after` of them, zeros at the end left out. */
static void thalnet__text_point(thalnet__text *text, uint64_t digits, int after) {
  char fraction[16] = "";
  uint64_t unit = 1;
  for (int i = 0; i < after; i++) unit *= 10;
  uint64_t rest = digits % unit;
  for (int i = after; i-- > 0; rest /= 10) fraction[i] = (char)('0' + rest % 10);
  while (after > 0 && fraction[after - 1] == '0') fraction[--after] = 0;
  thalnet__text_number(text, digits / unit);
  if (after > 0) thalnet__text_add(text, ".");
  thalnet__text_add(text, fraction);
}

void thalnet__text_real(thalnet__text *text, double number) {
  const double size = fabs(number);
  if (!(size >= 1e-300 && size <= 1e308)) { /* also what is no number */
    thalnet__text_add(text, "0");
    return;
  }
  int power = (int)floor(log10(size));
  uint64_t digits = (uint64_t)floor(size / pow(10, power - 2) * 1000 + 0.5);
  if (digits >= 1000000) digits = (digits + 5) / 10, power++; /* it was rounded up to the next power of ten */
  if (number < 0) thalnet__text_add(text, "-");
  if (power >= -4 && power <= 5) {
    thalnet__text_point(text, digits, 5 - power);
    return;
  }
  thalnet__text_point(text, digits, 5);
  thalnet__text_add(text, power < 0 ? "e-" : "e");
  thalnet__text_number(text, (uint64_t)(power < 0 ? -power : power));
}

const char *thalnet__text_end(thalnet__text *text) {
  text->bytes[text->used < text->capacity ? text->used : text->capacity - 1] = 0;
  return text->bytes;
}
