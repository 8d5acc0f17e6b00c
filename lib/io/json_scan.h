/* SPDX-License-Identifier: MIT */
/* A cursor over the JSON that safetensors headers are made of: objects, arrays, strings and unsigned integers. The caller knows
 * the structure and asks for one item after the other, so nothing recurses and nothing is built. Every byte must be where
 * RFC 8259 wants it, and text must be valid UTF-8 without NUL; that no key stands twice is for the caller to see.
 *
 * Every call fails with THALNET_ERROR_FORMAT and a text that has the byte's number. */
#ifndef THALNET_IO_JSON_SCAN_H
#define THALNET_IO_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/status.h>

/* Largest number in a header: 2^48 - 1, as in the schema of safetensors. */
#define THALNET__JSON_NUMBER_LIMIT (((uint64_t)1 << 48) - 1)

typedef struct thalnet__json {
  const char *text; /* borrowed */
  size_t size, at;
  char *strings; /* decoded strings go here one after the other, each ending in NUL: `size` bytes are always enough */
  size_t used;
  int escaped; /* the last string had an escape in it */
} thalnet__json;

/* bracket: '{' or '[' */
thalnet_status thalnet__json_open(thalnet__json *json, char bracket);

/* After an open bracket or an item: *more is 1 when another item follows, 0 when `bracket` ('}' or ']') closed the list.
 * items: how many there were so far. */
thalnet_status thalnet__json_next(thalnet__json *json, char bracket, size_t items, int *more);

/* A string and the colon after it. */
thalnet_status thalnet__json_key(thalnet__json *json, const char **key);
/* json->at is behind its closing quote afterwards. */
thalnet_status thalnet__json_string(thalnet__json *json, const char **string);
thalnet_status thalnet__json_number(thalnet__json *json, uint64_t *number);

/* Bytes of the character that starts there, 0: it is not UTF-8. */
size_t thalnet__utf8_length(const char *text, size_t size);

/* Nothing but spaces may be left. */
thalnet_status thalnet__json_end(thalnet__json *json);

#endif
