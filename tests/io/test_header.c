/* SPDX-License-Identifier: MIT */
/* Headers of safetensors files: random ones against the oracle, bad ones by name, large ones against the clock. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <thalnet/status.h>

#include "core/status.h"
#include "header_draw.h"
#include "header_oracle.h"
#include "io/safetensors.h"
#include "run.h"

static thalnet_memory memory;

/* Reads a header in front of `data` bytes that nobody looks at. */
static thalnet_status read_header(thalnet__header *header, const char *text, size_t size, uint64_t data) {
  unsigned char *bytes = malloc(8 + size); /* a block of its own: a step beyond the end is seen */
  for (int i = 0; i < 8; i++) {
    bytes[i] = (unsigned char)((uint64_t)size >> 8 * i);
  }
  memcpy(bytes + 8, text, size);
  thalnet__source source = thalnet__source_memory(bytes, 8 + size);
  source.size += data;
  ck_assert_int_eq(thalnet__memory_init(&memory, NULL), THALNET_OK);
  thalnet_status status = thalnet__header_read(header, &memory, &source);
  if (status == THALNET_OK) {
    ck_assert_uint_eq(source.at, 8 + size);
    ck_assert_uint_eq(header->size, 8 + size);
    ck_assert_mem_eq(header->bytes, bytes, 8 + size);
  }
  free(bytes);
  return status;
}

static void same_header(const thalnet__header *header, json_t *oracle) {
  const char *key;
  json_t *value;
  size_t tensors = 0, pairs = 0;
  json_object_foreach(oracle, key, value) {
    if (strcmp(key, "__metadata__") == 0) {
      const char *name;
      json_t *text;
      json_object_foreach(value, name, text) {
        const thalnet__pair *pair = thalnet__header_take((thalnet__header *)(uintptr_t)header, name);
        ck_assert_ptr_nonnull(pair);
        ck_assert_str_eq(pair->value, json_string_value(text));
        ck_assert_int_eq(header->bytes[pair->value_end], '"');
        pairs++;
      }
      continue;
    }
    const thalnet__file_tensor *tensor = thalnet__header_tensor(header, key);
    const json_t *shape = json_object_get(value, "shape"), *offsets = json_object_get(value, "data_offsets");
    ck_assert_ptr_nonnull(tensor);
    ck_assert_uint_eq(tensor->rank, json_array_size(shape));
    for (size_t i = 0; i < tensor->rank; i++) {
      ck_assert_int_eq((json_int_t)tensor->dimensions[i], json_integer_value(json_array_get(shape, i)));
    }
    ck_assert_int_eq((json_int_t)tensor->begin, json_integer_value(json_array_get(offsets, 0)));
    ck_assert_int_eq((json_int_t)tensor->end, json_integer_value(json_array_get(offsets, 1)));
    tensors++;
  }
  ck_assert_uint_eq(header->tensor_count, tensors);
  ck_assert_uint_eq(header->pair_count, pairs);
}

static int agree(const drawn *one) {
  thalnet__header header;
  json_t *oracle = oracle_accept(one->text, one->size, one->data);
  thalnet_status status = read_header(&header, one->text, one->size, one->data);
  int good = oracle != NULL;
  ck_assert_msg((status == THALNET_OK) == good, "%d: %s\n%.*s", (int)status, thalnet__error_text(), (int)one->size,
                one->text);
  if (good) {
    same_header(&header, oracle);
  } else {
    ck_assert(status == THALNET_ERROR_FORMAT || status == THALNET_ERROR_TRUNCATED);
  }
  thalnet__header_free(&header);
  json_decref(oracle);
  return good;
}

START_TEST(good_headers) {
  unsigned long long state = 1;
  drawn header;
  for (int i = 0; i < 3000; i++) {
    draw_header(&header, &state);
    ck_assert_int_eq(agree(&header), 1);
  }
}
END_TEST

START_TEST(broken_headers) {
  unsigned long long state = 2;
  int good = 0, rounds = 60000;
  for (int i = 0; i < rounds; i++) {
    drawn header;
    draw_header(&header, &state);
    break_header(&header, &state);
    good += agree(&header);
  }
  ck_assert_int_gt(good, rounds / 50); /* else nothing but noise was compared */
  ck_assert_int_lt(good, rounds / 2);
}
END_TEST

/* Every prefix of a good header, with the length to match. */
START_TEST(shortened_headers) {
  unsigned long long state = 3;
  for (int i = 0; i < 40; i++) {
    drawn header;
    draw_header(&header, &state);
    for (size_t size = header.size; header.size > 0; header.size--) {
      ck_assert_int_le(agree(&header), header.size <= size);
    }
  }
}
END_TEST

/* A header that names one tensor, in front of its 24 bytes. */
#define ONE(dtype, shape, offsets) "{\"t\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define T(offsets) "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" offsets "}"

START_TEST(bad_headers) {
  static const struct {
    const char *text, *says;
    unsigned data;
  } list[] = {
      {ONE("\"F16\"", "[6]", "[0,12]"), "dtype F16", 12},
      {ONE("\"I8\"", "[24]", "[0,24]"), "dtype I8", 24},
      {ONE("\"\"", "[6]", "[0,24]"), "dtype ", 24},
      {ONE("\"F32\"", "[4194305,4194305,211106198978564]", "[0,16]"), "2^48", 16}, /* wraps to 4 elements */
      {ONE("\"F32\"", "[4398046511105]", "[0,4]"), "17592186044420", 4},
      {ONE("\"F32\"", "[281474976710655,281474976710655]", "[0,4]"), "2^48", 4},
      {ONE("\"F32\"", "[4294967296,4294967296]", "[0,0]"), "2^48", 0},
      {ONE("\"F32\"", "[0]", "[0,0]"), "dimension is 0", 0},
      {ONE("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), "too many", 4},
      {ONE("\"F32\"", "[6]", "[24,0]"), "offsets 24 and 0", 24},
      {ONE("\"F32\"", "[6]", "[0,20]"), "20", 24},
      {ONE("\"F32\"", "[6]", "[4,28]"), "starts at 4", 28},
      {ONE("\"F32\"", "[6]", "[0,24,24]"), "too many", 24},
      {ONE("\"F32\"", "[6]", "[0]"), "not two", 24},
      {ONE("\"F32\"", "[6]", "[0,24]"), "4 bytes follow", 28},
      {ONE("\"F32\"", "[6]", "[0,24]"), "20 bytes of tensors", 20},
      {"{\"t\":" T("[0,4]") ",\"t\":" T("[4,8]") "}", "twice", 8},
      {"{\"\\u0074\":" T("[0,4]") "}", "without escapes", 4},
      {"{\"t\":" T("[0,4]") ",\"u\":" T("[0,4]") "}", "starts at 0", 4},
      {"{\"t\":" T("[0,4]") ",\"u\":" T("[8,12]") "}", "starts at 8", 12},
      {"{\"T\":" T("[0,4]") "}", "a name has", 4},
      {"{\"../t\":" T("[0,4]") "}", "a name has", 4},
      {"{\"a\\nb\":" T("[0,4]") "}", "without escapes", 4},
      {"{\"a b\":" T("[0,4]") "}", "a name has", 4},
      {"{\"\":" T("[0,4]") "}", "a name has", 4},
      {"{\"t\":{\"dtype\":\"F32\",\"shape\":[1]}}", "missing", 4},
      {"{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", "'shape' is there twice", 4},
      {"{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"layout\":\"C\",\"data_offsets\":[0,4]}}", "'layout' is unknown", 4},
      {"{\"t\":[1]}", "expected '{'", 4},
      {"{\"__metadata__\":{\"a\":1}}", "expected '\"'", 0},
      {"{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", "expected '\"'", 0},
      {"{\"__metadata__\":null}", "expected '{'", 0},
      {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "'a' is there twice", 0},
      {"{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ twice", 0},
      {"{\"t", "a string does not end", 0},
      {"{\"__metadata__\":{\"a", "a string does not end", 0},
      {"{\"__metadata__\":{\"a\":\"\\ud83d\\udcG0\"}}", "expected four hexadecimal digits", 0},
      {"{}\n", "only spaces", 0},
      {"{} {}", "only spaces", 0},
      {"[]", "not a model file", 0},
  };
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    thalnet__header header;
    thalnet_status status = read_header(&header, list[i].text, strlen(list[i].text), list[i].data);
    ck_assert_msg(status == THALNET_ERROR_FORMAT || status == THALNET_ERROR_TRUNCATED, "%s", list[i].text);
    ck_assert_msg(strstr(thalnet__error_text(), list[i].says) != NULL, "%s: %s", list[i].text, thalnet__error_text());
  }
}
END_TEST

/* The longest name, and one that is a letter longer. */
START_TEST(long_names) {
  for (size_t length = THALNET__TENSOR_NAME_LIMIT; length <= THALNET__TENSOR_NAME_LIMIT + 1; length++) {
    char text[400] = "{\"";
    thalnet__header header;
    memset(text + 2, 'n', length);
    strcpy(text + 2 + length, "\":" T("[0,4]") "}");
    const thalnet_status status = read_header(&header, text, strlen(text), 4);
    ck_assert_int_eq(status, (length == THALNET__TENSOR_NAME_LIMIT ? THALNET_OK : THALNET_ERROR_FORMAT));
    ck_assert(status == THALNET_OK || strstr(thalnet__error_text(), "1 to 255") != NULL);
    thalnet__header_free(&header);
  }
}
END_TEST

/* A header that did not come out of a file is parsed as strictly. */
START_TEST(adopted_headers) {
  static const char *const texts[] = {"{}",        "{\"t\":" T("[0,4]") "}", "[]", "", "{",
                                      "{\"t\":1}", "\"__metadata__\":{}}"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const size_t size = 8 + strlen(texts[i]);
    thalnet__header header;
    void *bytes = NULL;
    ck_assert_int_eq(thalnet__memory_init(&memory, NULL), THALNET_OK);
    ck_assert_int_eq(thalnet__allocate(&memory, size, 1, &bytes), THALNET_OK);
    memcpy((char *)bytes + 8, texts[i], size - 8);
    ck_assert_int_eq(thalnet__header_adopt(&header, &memory, bytes, size), (i < 2 ? THALNET_OK : THALNET_ERROR_FORMAT));
    ck_assert_uint_eq(header.tensor_count, (i == 1 ? 1u : 0u));
    thalnet__header_free(&header);
  }
}
END_TEST

/* --- large ones --- */

static double seconds(clock_t since) { return (double)(clock() - since) / CLOCKS_PER_SEC / io_patience(); }

/* 65,536 tensors, in the order of the data or against it: no quadratic step anywhere. */
START_TEST(many_tensors) {
  enum { COUNT = 65536 };
  char *text = malloc(COUNT * 100);
  for (int backwards = 0; backwards < 2; backwards++) {
    size_t size = 0;
    text[size++] = '{';
    for (unsigned i = 0; i < COUNT; i++) {
      unsigned k = backwards ? COUNT - 1 - i : i;
      size += (size_t)sprintf(text + size, "%s\"modules.%u.layers.0.bias\":" T("[%u,%u]"), i ? "," : "", k, 4 * k,
                              4 * k + 4);
    }
    text[size++] = '}';
    thalnet__header header;
    clock_t start = clock();
    ck_assert_int_eq(read_header(&header, text, size, 4 * COUNT), THALNET_OK);
    ck_assert_double_lt(seconds(start), 1.0);
    ck_assert_uint_eq(header.tensor_count, COUNT);
    ck_assert_uint_eq(thalnet__header_tensor(&header, "modules.77.layers.0.bias")->begin, 308);
    ck_assert_ptr_null(thalnet__header_tensor(&header, "modules.65536.layers.0.bias"));
    thalnet__header_free(&header);
  }
  free(text);
}
END_TEST

/* The longest headers: one string of 16 MiB, and as many pairs as fit, all with the same long beginning. */
START_TEST(long_headers) {
  size_t size = THALNET__HEADER_LIMIT, at;
  char *text = malloc(size + 200);
  thalnet__header header;
  memset(text, 'x', size);
  at = (size_t)sprintf(text, "{\"__metadata__\":{\"");
  text[at] = 'x';
  memcpy(text + size - 7, "\":\"\"}}", 6);
  text[size - 1] = ' ';
  clock_t start = clock();
  ck_assert_int_eq(read_header(&header, text, size, 0), THALNET_OK);
  thalnet__header_free(&header);
  at = (size_t)sprintf(text, "{\"__metadata__\":{");
  for (unsigned i = 0; at < size - 100; i++) {
    at += (size_t)sprintf(text + at, "%s\"a key that starts as all the others do %u\":\"\"", i ? "," : "",
                          i * 2654435761u);
  }
  at += (size_t)sprintf(text + at, "}}");
  ck_assert_int_eq(read_header(&header, text, at, 0), THALNET_OK);
  ck_assert_double_lt(seconds(start), 2.0);
  thalnet__header_free(&header);
  memset(text, ' ', size + 1); /* one byte more than is allowed */
  memcpy(text, "{}", 2);
  ck_assert_int_eq(read_header(&header, text, size + 1, 0), THALNET_ERROR_LIMIT);
  memset(text, '[', size); /* nothing recurses */
  text[0] = '{';
  ck_assert_int_eq(read_header(&header, text, size, 0), THALNET_ERROR_FORMAT);
  free(text);
}
END_TEST

/* Lengths that do not fit are refused before memory is asked for. */
static void *no_memory(void *user, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  ck_abort_msg("%zu bytes were asked for", size);
  return NULL;
}

static void no_release(void *user, void *block, size_t size, size_t alignment) {
  (void)user, (void)block, (void)size, (void)alignment;
}

START_TEST(bad_lengths) {
  static const uint64_t lengths[] = {0,
                                     1,
                                     25,
                                     1 << 24,
                                     (1 << 24) + 1,
                                     100000000,
                                     UINT32_MAX,
                                     (uint64_t)1 << 32,
                                     (uint64_t)1 << 63,
                                     UINT64_MAX - 8,
                                     UINT64_MAX - 7,
                                     UINT64_MAX};
  const thalnet_memory none = {sizeof none, NULL, no_memory, no_release};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    unsigned char bytes[32] = {0, 0, 0, 0, 0, 0, 0, 0, '{'};
    thalnet__source source = thalnet__source_memory(bytes, sizeof bytes);
    thalnet__header header;
    for (int k = 0; k < 8; k++) {
      bytes[k] = (unsigned char)(lengths[i] >> 8 * k);
    }
    thalnet_status status = thalnet__header_read(&header, &none, &source);
    thalnet_status wanted = lengths[i] < 2 || lengths[i] > 1 << 24 ? THALNET_ERROR_FORMAT : THALNET_ERROR_TRUNCATED;
    ck_assert_msg(status == wanted, "%llu: %d", (unsigned long long)lengths[i], (int)status);
  }
  for (size_t size = 0; size < 9; size++) {
    unsigned char bytes[9] = {2, 0, 0, 0, 0, 0, 0, 0, '{'};
    thalnet__source source = thalnet__source_memory(bytes, size);
    thalnet__header header;
    ck_assert_int_eq(thalnet__header_read(&header, &none, &source), THALNET_ERROR_TRUNCATED);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {bad_headers,  long_names,        adopted_headers, bad_lengths,   many_tensors,
                                long_headers, shortened_headers, good_headers,    broken_headers};
  return IO_RUN("header", tests);
}
