/* SPDX-License-Identifier: MIT */
#include "header_oracle.h"

#include <stdlib.h>
#include <string.h>

/* JSON has "-0", which jansson reads as the integer 0; no header of ours has a sign anywhere. */
static int has_sign(const char *text, size_t size) {
  int inside = 0;
  for (size_t i = 0; i < size; i++) {
    if (inside && text[i] == '\\') {
      i++;
    } else if (text[i] == '"') {
      inside = !inside;
    } else if (!inside && text[i] == '-') {
      return 1;
    }
  }
  return 0;
}

/* The names of tensors are written without escapes. */
static int has_escaped_name(const char *text, size_t size) {
  int inside = 0, depth = 0;
  for (size_t i = 0; i < size; i++) {
    if (inside && text[i] == '\\') {
      if (depth == 1) {
        return 1;
      }
      i++;
    } else if (text[i] == '"') {
      inside = !inside;
    } else if (!inside) {
      depth += (text[i] == '{') - (text[i] == '}');
    }
  }
  return 0;
}

/* Only spaces may follow the last brace. */
static int has_tail(const char *text, size_t size) {
  while (size > 0 && text[size - 1] == ' ') {
    size--;
  }
  return size == 0 || text[size - 1] != '}';
}

static int is_pairs(json_t *value) {
  const char *key;
  json_t *string;
  if (!json_is_object(value)) {
    return 0;
  }
  json_object_foreach(value, key, string) {
    if (!json_is_string(string)) {
      return 0;
    }
  }
  return 1;
}

static int is_number(const json_t *value) {
  return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 281474976710655;
}

static int is_tensor(const char *name, json_t *value) {
  const json_t *type = json_object_get(value, "dtype"), *shape = json_object_get(value, "shape");
  const json_t *offsets = json_object_get(value, "data_offsets");
  long double bytes = 4; /* exact below 2^64, and without an upper end */
  if (strlen(name) < 1 || strlen(name) > 255) {
    return 0;
  }
  for (const char *c = name; *c; c++) {
    int good = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_' || *c == '.';
    if (!good) {
      return 0;
    }
  }
  if (json_object_size(value) != 3 || !json_is_string(type) || strcmp(json_string_value(type), "F32") != 0) {
    return 0;
  }
  if (!json_is_array(shape) || json_array_size(shape) > 8 || !json_is_array(offsets) || json_array_size(offsets) != 2) {
    return 0;
  }
  for (size_t i = 0; i < json_array_size(shape); i++) {
    const json_t *dimension = json_array_get(shape, i);
    if (!is_number(dimension) || json_integer_value(dimension) == 0) {
      return 0;
    }
    bytes *= (long double)json_integer_value(dimension);
  }
  const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
  if (!is_number(begin) || !is_number(end)) {
    return 0;
  }
  return (long double)json_integer_value(end) - (long double)json_integer_value(begin) == bytes;
}

/* Goes from tensor to tensor, looking each time for the one that starts where the last one ended. */
static int covers(json_t *header, uint64_t data) {
  uint64_t end = 0;
  size_t seen = 0, tensors = json_object_size(header) - (json_object_get(header, "__metadata__") != NULL);
  for (int found = 1; found;) {
    const char *key;
    json_t *value;
    found = 0;
    json_object_foreach(header, key, value) {
      const json_t *offsets = json_object_get(value, "data_offsets");
      if (strcmp(key, "__metadata__") == 0 || (uint64_t)json_integer_value(json_array_get(offsets, 0)) != end) {
        continue;
      }
      end = (uint64_t)json_integer_value(json_array_get(offsets, 1));
      seen++;
      found = 1;
      break;
    }
  }
  return end == data && seen == tensors;
}

static int is_header(json_t *header, uint64_t data) {
  const char *key;
  json_t *value;
  if (!json_is_object(header)) {
    return 0;
  }
  json_object_foreach(header, key, value) {
    int good = strcmp(key, "__metadata__") == 0 ? is_pairs(value) : json_is_object(value) && is_tensor(key, value);
    if (!good) {
      return 0;
    }
  }
  return covers(header, data);
}

json_t *oracle_accept(const char *text, size_t size, uint64_t data) {
  if (size < 2 || text[0] != '{' || has_tail(text, size) || has_sign(text, size) || has_escaped_name(text, size)) {
    return NULL;
  }
  json_t *header = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
  if (header && !is_header(header, data)) {
    json_decref(header);
    header = NULL;
  }
  return header;
}
