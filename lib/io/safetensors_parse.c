/* SPDX-License-Identifier: MIT */
/* From the header's JSON to tables of tensors and pairs. */
#include <string.h>

#include "core/status.h"
#include "io/bytes.h"
#include "io/json_scan.h"
#include "io/safetensors.h"

/* --- one tensor --- */

static thalnet_status thalnet__tensor_fail(const char *name, const char *what) {
  return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s: %s", name, what);
}

/* A list of at most `most` numbers. */
static thalnet_status thalnet__read_numbers(thalnet__json *json, const char *name, uint64_t *numbers, size_t most,
                                            size_t *count) {
  THALNET__TRY(thalnet__json_open(json, '['));
  for (*count = 0;; ++*count) {
    int more;
    THALNET__TRY(thalnet__json_next(json, ']', *count, &more));
    if (!more) return THALNET_OK;
    if (*count == most) return thalnet__tensor_fail(name, "too many dimensions or offsets");
    THALNET__TRY(thalnet__json_number(json, &numbers[*count]));
  }
}

static thalnet_status thalnet__check_tensor(const thalnet__file_tensor *tensor) {
  uint64_t bytes = THALNET__FLOAT_BYTES;
  for (size_t i = 0; i < tensor->rank; i++) {
    if (tensor->dimensions[i] == 0) return thalnet__tensor_fail(tensor->name, "a dimension is 0");
    if (bytes > THALNET__JSON_NUMBER_LIMIT / tensor->dimensions[i])
      return thalnet__tensor_fail(tensor->name, "its shape has more than 2^48 bytes");
    bytes *= tensor->dimensions[i];
  }
  if (tensor->end - tensor->begin != bytes) /* more than any shape has where the end is before the beginning */
    return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s: offsets %llu and %llu for a shape of %llu bytes",
                         tensor->name, (unsigned long long)tensor->begin, (unsigned long long)tensor->end,
                         (unsigned long long)bytes);
  return THALNET_OK;
}

static thalnet_status thalnet__check_tensor_name(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
  const size_t length = strlen(name);
  if (length == 0 || length > THALNET__TENSOR_NAME_LIMIT || strspn(name, letters) != length)
    return thalnet__tensor_fail(name, "a name has 1 to 255 characters of a-z, 0-9, _ and .");
  return THALNET_OK;
}

static thalnet_status thalnet__read_member(thalnet__json *json, thalnet__file_tensor *tensor, const char *key,
                                           unsigned *seen) {
  static const char *const keys[] = {"dtype", "shape", "data_offsets"};
  unsigned which = 0;
  size_t count = 0;
  while (which < 3 && strcmp(key, keys[which]) != 0) which++;
  if (which == 3 || (*seen & 1u << which) != 0)
    return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s: key '%.40s' is %s", tensor->name, key,
                         which == 3 ? "unknown" : "there twice");
  *seen |= 1u << which;
  if (which == 0) {
    const char *type;
    THALNET__TRY(thalnet__json_string(json, &type));
    if (strcmp(type, "F32") != 0)
      return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s: dtype %.40s, only F32 can be read", tensor->name,
                           type);
  } else if (which == 1) {
    THALNET__TRY(thalnet__read_numbers(json, tensor->name, tensor->dimensions, THALNET__RANK_LIMIT, &tensor->rank));
  } else {
    uint64_t offsets[2] = {0, 0};
    THALNET__TRY(thalnet__read_numbers(json, tensor->name, offsets, 2, &count));
    if (count != 2) return thalnet__tensor_fail(tensor->name, "data_offsets are not two numbers");
    tensor->begin = offsets[0];
    tensor->end = offsets[1];
  }
  return THALNET_OK;
}

static thalnet_status thalnet__read_tensor(thalnet__header *header, thalnet__json *json, const char *name) {
  void *array = header->tensors;
  unsigned seen = 0;
  THALNET__TRY(thalnet__check_tensor_name(name));
  THALNET__TRY(thalnet__reserve(&header->memory, &array, header->tensor_count, &header->tensor_capacity,
                                sizeof *header->tensors));
  header->tensors = array;
  thalnet__file_tensor *tensor = &header->tensors[header->tensor_count];
  tensor->name = name;
  THALNET__TRY(thalnet__json_open(json, '{'));
  for (size_t items = 0;; items++) {
    const char *key;
    int more;
    THALNET__TRY(thalnet__json_next(json, '}', items, &more));
    if (!more) break;
    THALNET__TRY(thalnet__json_key(json, &key));
    THALNET__TRY(thalnet__read_member(json, tensor, key, &seen));
  }
  if (seen != 7) return thalnet__tensor_fail(name, "dtype, shape or data_offsets is missing");
  THALNET__TRY(thalnet__check_tensor(tensor));
  header->tensor_count++;
  return THALNET_OK;
}

/* --- the whole header --- */

static thalnet_status thalnet__read_pairs(thalnet__header *header, thalnet__json *json) {
  THALNET__TRY(thalnet__json_open(json, '{'));
  for (size_t items = 0;; items++) {
    thalnet__pair pair = {0};
    void *array = header->pairs;
    int more;
    THALNET__TRY(thalnet__json_next(json, '}', items, &more));
    if (!more) return THALNET_OK;
    THALNET__TRY(thalnet__json_key(json, &pair.key));
    THALNET__TRY(thalnet__json_string(json, &pair.value));
    pair.value_end = THALNET__LENGTH_BYTES + json->at - 1;
    pair.escaped = json->escaped;
    THALNET__TRY(
        thalnet__reserve(&header->memory, &array, header->pair_count, &header->pair_capacity, sizeof *header->pairs));
    header->pairs = array;
    header->pairs[header->pair_count++] = pair;
  }
}

thalnet_status thalnet__header_parse(thalnet__header *header) {
  thalnet__json json = {.text = header->bytes + THALNET__LENGTH_BYTES,
                        .size = header->size - THALNET__LENGTH_BYTES,
                        .strings = header->strings};
  int metadata = 0;
  THALNET__TRY(thalnet__json_open(&json, '{'));
  for (size_t items = 0;; items++) {
    const char *key;
    int more;
    THALNET__TRY(thalnet__json_next(&json, '}', items, &more));
    if (!more) break;
    THALNET__TRY(thalnet__json_key(&json, &key));
    if (json.escaped) return thalnet__tensor_fail(key, "a name is written without escapes");
    if (strcmp(key, "__metadata__") != 0) {
      THALNET__TRY(thalnet__read_tensor(header, &json, key));
      continue;
    }
    if (metadata) return thalnet__fail(THALNET_ERROR_FORMAT, "the header has __metadata__ twice");
    metadata = 1;
    THALNET__TRY(thalnet__read_pairs(header, &json));
  }
  return thalnet__json_end(&json);
}
