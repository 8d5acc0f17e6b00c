/* SPDX-License-Identifier: MIT */
/* The model file: every truncation, every flipped bit, headers and offsets that are wrong. What a sealed file says
 * about the network is in test_file_edits.c. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

START_TEST(every_truncation) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  for (size_t size = 0; size < model.size; size++) {
    char what[60];
    struct model part = {malloc(size + 1), size}; /* a block of its own: a step beyond the end is seen */
    part.bytes = realloc(part.bytes, size ? size : 1);
    memcpy(part.bytes, model.bytes, size);
    snprintf(what, sizeof what, "%zu of %zu bytes", size, model.size);
    model_loads_as(&part, THALNET_ERROR_TRUNCATED, THALNET_ERROR_TRUNCATED, what);
    model_free(&part);
  }
  model_free(&model);
}
END_TEST

START_TEST(every_flipped_bit) {
  struct model model = model_tiny();
  model_loads_as(&model, THALNET_OK, THALNET_OK, "as it is");
  for (size_t bit = 0; bit < model.size * 8; bit++) {
    thalnet_center *net = (thalnet_center *)(void *)&model;
    model.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    thalnet_status status = thalnet_center_load_memory(model.bytes, model.size, NULL, &net);
    ck_assert_msg(status != THALNET_OK && net == NULL, "bit %zu of byte %zu ('%c' now): %s", bit % 8, bit / 8,
                  model.bytes[bit / 8], thalnet_status_name(status));
    if (bit / 8 >= 8 + model_header(&model)) {
      ck_assert_int_eq(status, THALNET_ERROR_CHECKSUM);
    }
    model.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  model_loads_as(&model, THALNET_OK, THALNET_OK, "as it was");
  model_free(&model);
}
END_TEST

/* Offsets: the tensors must cover the data exactly, each byte once. */
START_TEST(offsets_are_checked) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  const char *place = model_find(&model, "\"data_offsets\":[");
  unsigned long long from = 0, to = 0;
  char was[80], becomes[120];
  ck_assert_int_eq(sscanf(place, "\"data_offsets\":[%llu,%llu]", &from, &to), 2);
  snprintf(was, sizeof was, "\"data_offsets\":[%llu,%llu]", from, to);
  const unsigned long long wrong[][2] = {{from + 4, to + 4}, {from, to + 4},     {from, to - 4},
                                         {to, from},         {from, from},       {from + 4, to},
                                         {from, ~0ull},      {~0ull - 7, ~0ull}, {from + model.size, to + model.size},
                                         {1ull << 63, to},   {from + 1, to + 1}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    snprintf(becomes, sizeof becomes, "\"data_offsets\":[%llu,%llu]", wrong[i][0], wrong[i][1]);
    struct model edited = model_edit(&model, was, becomes);
    model_loads_as(&edited, THALNET_ERROR_FORMAT, THALNET_ERROR_TRUNCATED, becomes);
    model_free(&edited);
  }
  static const char *const odd[] = {"[0]", "[]", "[0,4,8]", "[0,\"4\"]", "[-4,0]", "0", "\"0,4\"", "{}", "null"};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    snprintf(becomes, sizeof becomes, "\"data_offsets\":%s", odd[i]);
    struct model edited = model_edit(&model, was, becomes);
    model_loads_as(&edited, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, becomes);
    model_free(&edited);
  }
  for (size_t more = 1; more <= 64; more *= 4) { /* bytes that belong to nobody */
    struct model longer = model_longer(&model, more);
    model_loads_as(&longer, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, "trailing bytes");
    model_free(&longer);
  }
  model_free(&model);
}
END_TEST

/* Headers that are no JSON of ours at all. */
START_TEST(headers_are_checked) {
  struct model model = model_tiny();
  size_t length = model_header(&model);
  char *header = calloc(length + 100, 1);
  static const char *const whole[] = {"",
                                      "{",
                                      "}",
                                      "[]",
                                      "{}",
                                      "null",
                                      "{\"a\"}",
                                      "{,}",
                                      "\"",
                                      "{\"a\":",
                                      "{\"\\",
                                      "{\"__metadata__\":{}}",
                                      "{\"__metadata__\":[]}",
                                      "{\"__metadata__\":{\"a\":{\"b\":{\"c\":\"d\"}}}}"};
  for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
    struct model edited = model_with_header(&model, whole[i], strlen(whole[i]));
    model_loads_as(&edited, THALNET_ERROR_FORMAT, THALNET_ERROR_TRUNCATED, whole[i]);
    model_free(&edited);
  }
  memcpy(header, model.bytes + 8, length);
  memset(header + length, ' ', 8);
  struct model padded = model_with_header(&model, header, length + 8);
  model_loads_as(&padded, THALNET_OK, THALNET_OK, "eight more spaces");
  model_free(&padded);
  header[length + 7] = 'x';
  padded = model_with_header(&model, header, length + 8);
  model_loads_as(&padded, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, "text behind the header");
  model_free(&padded);
  for (int byte = 0; byte < 256; byte += byte == 31 ? 96 : 1) { /* control characters and what is no ASCII */
    static const char note[] = "\"note\":\"a?\",\"thalnet.format\"";
    char text[sizeof note];
    memcpy(text, note, sizeof note);
    *strchr(text, '?') = (char)(byte ? byte : 1);
    struct model edited = model_edit(&model, "\"thalnet.format\"", text);
    thalnet_status other = byte > 127 || byte == 127 ? THALNET_OK : THALNET_ERROR_FORMAT;
    model_loads_as(&edited, THALNET_ERROR_FORMAT, other, "a strange byte in a note");
    model_free(&edited);
  }
  free(header);
  model_free(&model);
}
END_TEST

START_TEST(header_lengths_are_checked) {
  struct model model = model_tiny();
  static const uint64_t lengths[] = {0,
                                     1,
                                     7,
                                     (uint64_t)1 << 20,
                                     100000000,
                                     100000001,
                                     1u << 31,
                                     UINT32_MAX,
                                     (uint64_t)1 << 63,
                                     UINT64_MAX,
                                     UINT64_MAX - 7};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    char what[60];
    for (int k = 0; k < 8; k++) {
      model.bytes[k] = (unsigned char)(lengths[i] >> (8 * k));
    }
    snprintf(what, sizeof what, "header of %llu bytes", (unsigned long long)lengths[i]);
    thalnet_center *net = NULL;
    thalnet_status status = thalnet_center_load_memory(model.bytes, model.size, NULL, &net);
    ck_assert_msg(status == THALNET_ERROR_FORMAT || status == THALNET_ERROR_TRUNCATED || status == THALNET_ERROR_LIMIT,
                  "%s: %s", what, thalnet_status_name(status));
    ck_assert_ptr_null(net);
  }
  model_free(&model);
}
END_TEST

START_TEST(other_files) {
  static const char *const starts[] = {"\x1f\x8b\x08",
                                       ("\x7f"
                                        "ELF\x02\x01\x01"),
                                       "GGUF\x03",
                                       "PK\x03\x04",
                                       "\x89PNG\r\n",
                                       "\x93NUMPY\x01"};
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
    unsigned char bytes[500] = {0};
    struct model model = {bytes, sizeof bytes};
    memcpy(bytes, starts[i], strlen(starts[i]));
    thalnet_center *net = NULL;
    thalnet_status status = thalnet_center_load_memory(model.bytes, model.size, NULL, &net);
    ck_assert_msg(status == THALNET_ERROR_FORMAT || status == THALNET_ERROR_TRUNCATED || status == THALNET_ERROR_LIMIT,
                  "%zu: %s", i, thalnet_status_name(status));
  }
}
END_TEST

/* What is nearly right is told apart from what is something else. */
START_TEST(near_misses_are_told) {
  struct model model = model_tiny(),
               later = model_edit(&model, "\"thalnet.format\":\"1\"", "\"thalnet.format\":\"22\""),
               other = model_edit(&model, "\"thalnet.format\":\"1\"", "\"format\":\"pt\"");
  model_loads_as(&later, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, "a later version");
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "thalnet.format is '22', this library reads 1"));
  model_loads_as(&other, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, "another program's file");
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "a safetensors file, but no model of libthalnet"));
  for (int i = 0; i < 4; i++) { /* the length in the other byte order */
    unsigned char byte = model.bytes[i];
    model.bytes[i] = model.bytes[7 - i];
    model.bytes[7 - i] = byte;
  }
  model_loads_as(&model, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, "the other byte order");
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "big-endian"));
  model_free(&model);
  model_free(&later);
  model_free(&other);
}
END_TEST

START_TEST(weights_are_checked) {
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < 3; i++) {
    struct model model = model_of_kind(SUPPORT_SMALL);
    thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
    thalnet_center *net = NULL;
    memcpy(model_tensor(&model, "modules.1.layers.1.bias_hh"), &bad[i], sizeof bad[i]);
    model_loads_as(&model, THALNET_ERROR_CHECKSUM, THALNET_ERROR_CHECKSUM, "an unsealed weight");
    model_seal(&model);
    model_loads_as(&model, THALNET_ERROR_NONFINITE, THALNET_ERROR_NONFINITE, "a sealed weight");
    ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "modules.1.layers.1.bias_hh"));
    options.allow_nonfinite = 1;
    EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, &options, &net));
    struct model again = model_of(net); /* and saved as they are */
    ck_assert(again.size == model.size && memcmp(again.bytes, model.bytes, model.size) == 0);
    thalnet_center_free(net);
    model_free(&again);
    model_free(&model);
  }
  struct model model = model_of_kind(SUPPORT_SMALL);
  memset(model_tensor(&model, "modules.0.reader.weight"), 0, 6 * 9 * sizeof(float));
  model_seal(&model);
  model_loads_as(&model, THALNET_ERROR_NONFINITE, THALNET_ERROR_FORMAT, "a weight-norm matrix of zeros");
  model_free(&model);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_truncation,     every_flipped_bit,          offsets_are_checked,
                                headers_are_checked,  header_lengths_are_checked, other_files,
                                near_misses_are_told, weights_are_checked};
  return SUPPORT_RUN("file_format", tests);
}
