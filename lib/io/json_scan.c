/* SPDX-License-Identifier: MIT */
#include "io/json_scan.h"

#include "core/status.h"

static thalnet_status thalnet__json_fail(size_t at, const char *what) {
  return thalnet__fail(THALNET_ERROR_FORMAT, "byte %zu of the header: %s", at, what);
}

/* The byte at the cursor, or NUL, which stands nowhere in a valid header. */
static char thalnet__peek(const thalnet__json *json) { return json->at < json->size ? json->text[json->at] : 0; }

static void thalnet__skip_space(thalnet__json *json) {
  for (;; json->at++) {
    const char c = thalnet__peek(json);
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
  }
}

static thalnet_status thalnet__expect(thalnet__json *json, char wanted) {
  char what[] = "expected '?'";
  thalnet__skip_space(json);
  if (thalnet__peek(json) == wanted) {
    json->at++;
    return THALNET_OK;
  }
  what[sizeof what - 3] = wanted;
  return thalnet__json_fail(json->at, what);
}

thalnet_status thalnet__json_open(thalnet__json *json, char bracket) { return thalnet__expect(json, bracket); }

thalnet_status thalnet__json_next(thalnet__json *json, char bracket, size_t items, int *more) {
  thalnet__skip_space(json);
  *more = thalnet__peek(json) != bracket;
  if (!*more) {
    json->at++;
    return THALNET_OK;
  }
  return items == 0 ? THALNET_OK : thalnet__expect(json, ',');
}

thalnet_status thalnet__json_end(thalnet__json *json) {
  for (; json->at < json->size; json->at++)
    if (json->text[json->at] != ' ') return thalnet__json_fail(json->at, "only spaces may follow the closing brace");
  return THALNET_OK;
}

thalnet_status thalnet__json_number(thalnet__json *json, uint64_t *number) {
  uint64_t value = 0;
  thalnet__skip_space(json);
  const size_t first = json->at;
  for (; thalnet__peek(json) >= '0' && thalnet__peek(json) <= '9'; json->at++) {
    value = 10 * value + (uint64_t)(thalnet__peek(json) - '0'); /* no wrap: the limit is checked at every digit */
    if (value > THALNET__JSON_NUMBER_LIMIT) return thalnet__json_fail(first, "the number is above 2^48 - 1");
  }
  if (json->at == first) return thalnet__json_fail(first, "expected an unsigned number");
  if (json->text[first] == '0' && json->at > first + 1)
    return thalnet__json_fail(first, "the number has leading zeros");
  switch (thalnet__peek(json)) {
  case '.':
  case 'e':
  case 'E': return thalnet__json_fail(first, "the number is not a plain integer");
  default: *number = value; return THALNET_OK;
  }
}

/* --- strings --- */

static void thalnet__put(thalnet__json *json, uint32_t byte) {
  json->strings[json->used++] = (char)(unsigned char)byte;
}

static void thalnet__put_code_point(thalnet__json *json, uint32_t code) {
  if (code < 0x80) {
    thalnet__put(json, code);
  } else if (code < 0x800) {
    thalnet__put(json, 0xc0 | code >> 6);
    thalnet__put(json, 0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    thalnet__put(json, 0xe0 | code >> 12);
    thalnet__put(json, 0x80 | (code >> 6 & 0x3f));
    thalnet__put(json, 0x80 | (code & 0x3f));
  } else {
    thalnet__put(json, 0xf0 | code >> 18);
    thalnet__put(json, 0x80 | (code >> 12 & 0x3f));
    thalnet__put(json, 0x80 | (code >> 6 & 0x3f));
    thalnet__put(json, 0x80 | (code & 0x3f));
  }
}

/* The four digits after \u */
static thalnet_status thalnet__scan_hex(thalnet__json *json, uint32_t *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++, json->at++) {
    const char c = thalnet__peek(json);
    uint32_t digit;
    if (c >= '0' && c <= '9')
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A' + 10);
    else
      return thalnet__json_fail(json->at, "expected four hexadecimal digits after \\u");
    *unit = *unit << 4 | digit;
  }
  return THALNET_OK;
}

/* After \u: one UTF-16 unit, or two that belong together. */
static thalnet_status thalnet__scan_unicode(thalnet__json *json) {
  const size_t first = json->at;
  uint32_t code, low;
  THALNET__TRY(thalnet__scan_hex(json, &code));
  if (code >= 0xd800 && code < 0xdc00) {
    if (json->size - json->at < 2 || json->text[json->at] != '\\' || json->text[json->at + 1] != 'u')
      return thalnet__json_fail(first, "half of a surrogate pair");
    json->at += 2;
    THALNET__TRY(thalnet__scan_hex(json, &low));
    if (low < 0xdc00 || low > 0xdfff) return thalnet__json_fail(first, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code <= 0xdfff) {
    return thalnet__json_fail(first, "half of a surrogate pair");
  }
  if (code == 0) return thalnet__json_fail(first, "a string holds NUL");
  thalnet__put_code_point(json, code);
  return THALNET_OK;
}

/* After the backslash */
static thalnet_status thalnet__scan_escape(thalnet__json *json) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char c = thalnet__peek(json);
  json->escaped = 1;
  if (c == 'u') {
    json->at++;
    return thalnet__scan_unicode(json);
  }
  for (size_t i = 0; from[i] != 0; i++)
    if (c == from[i]) {
      json->at++;
      thalnet__put(json, (unsigned char)to[i]);
      return THALNET_OK;
    }
  return thalnet__json_fail(json->at, "unknown escape");
}

/* The second byte's range depends on the first one: that keeps out overlong forms, surrogates and numbers above 10ffff
 * (Unicode standard, table 3-7). */
size_t thalnet__utf8_length(const char *text, size_t size) {
  const unsigned lead = size > 0 ? (unsigned char)text[0] : 0xff;
  const size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  unsigned low = 0x80, high = 0xbf;
  if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return 0;
  if (length > size) return 0;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  for (size_t i = 1; i < length; i++) {
    const unsigned byte = (unsigned char)text[i];
    if (byte < low || byte > high) return 0;
    low = 0x80;
    high = 0xbf;
  }
  return length;
}

/* A character beyond ASCII. */
static thalnet_status thalnet__scan_utf8(thalnet__json *json) {
  const size_t length = thalnet__utf8_length(json->text + json->at, json->size - json->at);
  if (length == 0) return thalnet__json_fail(json->at, "not UTF-8");
  for (size_t i = 0; i < length; i++, json->at++) thalnet__put(json, (unsigned char)json->text[json->at]);
  return THALNET_OK;
}

thalnet_status thalnet__json_string(thalnet__json *json, const char **string) {
  THALNET__TRY(thalnet__expect(json, '"'));
  *string = json->strings + json->used;
  json->escaped = 0;
  for (;;) {
    const unsigned char c = (unsigned char)thalnet__peek(json);
    if (json->at >= json->size) return thalnet__json_fail(json->at, "a string does not end");
    if (c < 0x20) return thalnet__json_fail(json->at, "a control character in a string");
    if (c >= 0x80) {
      THALNET__TRY(thalnet__scan_utf8(json));
      continue;
    }
    json->at++;
    if (c == '"') break;
    if (c == '\\')
      THALNET__TRY(thalnet__scan_escape(json));
    else
      thalnet__put(json, c);
  }
  thalnet__put(json, 0);
  return THALNET_OK;
}

thalnet_status thalnet__json_key(thalnet__json *json, const char **key) {
  THALNET__TRY(thalnet__json_string(json, key));
  return thalnet__expect(json, ':');
}
