/* SPDX-License-Identifier: MIT */
#include "model_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static uint32_t crc32_of(const unsigned char *bytes, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
  }
  return ~crc;
}

struct model model_of(const thalnet_center *net) {
  struct model model = {NULL, 0};
  size_t size = 0;
  EXPECT_OK(thalnet_center_save_memory(net, NULL, 0, &model.size));
  model.bytes = malloc(model.size);
  EXPECT_OK(thalnet_center_save_memory(net, model.bytes, model.size, &size));
  ck_assert_uint_eq(size, model.size);
  return model;
}

struct model model_of_kind(int32_t kind) {
  thalnet_center *net = support_net(kind, NULL);
  struct model model = model_of(net);
  thalnet_center_free(net);
  return model;
}

struct model model_tiny(void) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 1, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, "m", NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 1, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 1, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 3));
  struct model model = model_of(net);
  thalnet_center_free(net);
  return model;
}

size_t model_header(const struct model *model) {
  size_t length = 0;
  for (int i = 7; i >= 0; i--) {
    length = length << 8 | model->bytes[i];
  }
  return length;
}

static char *find(char *text, size_t length, const char *wanted) {
  size_t size = strlen(wanted);
  for (size_t i = 0; i + size <= length; i++) {
    if (memcmp(text + i, wanted, size) == 0) {
      return text + i;
    }
  }
  return NULL;
}

char *model_find(const struct model *model, const char *text) {
  char *place = find((char *)model->bytes + 8, model_header(model), text);
  ck_assert_msg(place != NULL, "the header has no %s: %.*s", text, (int)model_header(model),
                (const char *)model->bytes + 8);
  return place;
}

void model_seal(struct model *model) {
  static const char key[] = "\"thalnet.checksum\":\"";
  char *digits = find((char *)model->bytes + 8, model_header(model), key), text[9];
  if (!digits || digits + strlen(key) + 8 > (char *)model->bytes + 8 + model_header(model)) {
    return;
  }
  memcpy(digits + strlen(key), "00000000", 8);
  snprintf(text, sizeof text, "%08x", (unsigned)crc32_of(model->bytes, model->size));
  memcpy(digits + strlen(key), text, 8);
}

struct model model_with_header(const struct model *model, const char *header, size_t length) {
  size_t old = model_header(model), data = model->size - 8 - old;
  struct model edited = {malloc(8 + length + data), 8 + length + data};
  for (int i = 0; i < 8; i++) {
    edited.bytes[i] = (unsigned char)(length >> (8 * i));
  }
  memcpy(edited.bytes + 8, header, length);
  memcpy(edited.bytes + 8 + length, model->bytes + 8 + old, data);
  model_seal(&edited);
  return edited;
}

struct model model_edit(const struct model *model, const char *from, const char *to) {
  const char *place = model_find(model, from), *start = (const char *)model->bytes + 8;
  size_t old = model_header(model), before = (size_t)(place - start), after = old - before - strlen(from);
  size_t length = before + strlen(to) + after;
  char *header = malloc(length);
  memcpy(header, start, before);
  memcpy(header + before, to, strlen(to));
  memcpy(header + before + strlen(to), place + strlen(from), after);
  struct model edited = model_with_header(model, header, length);
  free(header);
  return edited;
}

struct model model_longer(const struct model *model, size_t count) {
  struct model edited = {malloc(model->size + count), model->size + count};
  memcpy(edited.bytes, model->bytes, model->size);
  memset(edited.bytes + model->size, 0, count);
  model_seal(&edited);
  return edited;
}

struct model model_shorter(const struct model *model) {
  static const char entry[] = "\":{\"dtype\"";
  const char *start = (const char *)model->bytes + 8;
  char *header = calloc(1, model_header(model) + 1), *last, *next;
  unsigned long long begin = 0, end = 0;
  memcpy(header, start, model_header(model));
  for (last = header; (next = strstr(last + 1, entry)) != NULL;) {
    last = next;
  }
  ck_assert_int_eq(
      sscanf(strstr(last, "[") + strcspn(strstr(last, "["), "]"), "],\"data_offsets\":[%llu,%llu]", &begin, &end), 2);
  while (last[0] != ',' || last[1] != '"') { /* back to where its name begins */
    last--;
  }
  last[0] = '}';
  struct model edited = model_with_header(model, header, (size_t)(last + 1 - header));
  edited.size -= (size_t)(end - begin);
  model_seal(&edited);
  free(header);
  return edited;
}

unsigned char *model_tensor(const struct model *model, const char *name) {
  char key[100];
  size_t offset = 0;
  snprintf(key, sizeof key, "\"%s\":{", name);
  char *entry = model_find(model, key);
  char *place = find(entry, model_header(model) - (size_t)(entry - (char *)model->bytes - 8), "\"data_offsets\":[");
  ck_assert_ptr_nonnull(place);
  offset = (size_t)strtoull(place + strlen("\"data_offsets\":["), NULL, 10);
  return model->bytes + 8 + model_header(model) + offset;
}

/* Loads; asserts one of two statuses, that nothing escapes, and that no memory is kept. */
void model_loads_as(const struct model *model, thalnet_status one, thalnet_status other, const char *what) {
  struct support_memory memory = {.largest = 1 << 24};
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  center.memory = &hooks;
  options.center = &center;
  thalnet_center *net = (thalnet_center *)(void *)&memory;
  thalnet_status status = thalnet_center_load_memory(model->bytes, model->size, &options, &net);
  ck_assert_msg(status == one || status == other, "%s: %s, not %s (%s)", what, thalnet_status_name(status),
                thalnet_status_name(one), thalnet_error_text());
  ck_assert_msg((net == NULL) == (status != THALNET_OK), "%s", what);
  if (status != THALNET_OK) {
    ck_assert_msg(support_text_is_good(thalnet_error_text()), "%s", what);
  }
  thalnet_center_free(net);
  ck_assert_msg(atomic_load(&memory.live) == 0 && atomic_load(&memory.wrong) == 0, "%s: memory", what);
}

void model_free(struct model *model) {
  free(model->bytes);
  model->bytes = NULL;
}
