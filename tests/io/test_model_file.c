/* SPDX-License-Identifier: MIT */
/* Model files of all networks there are: round trips, the very bytes, broken bytes, files by other writers. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"
#include "zoo.h"

static void round_trip(const thalnet_center *net) {
  struct model model = model_of(net), again;
  thalnet_center *copy = NULL;
  EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
  zoo_same(net, copy);
  again = model_of(copy);
  ck_assert_uint_eq(model.size, again.size);
  ck_assert_mem_eq(model.bytes, again.bytes, model.size);
  ck_assert_uint_eq((8 + model_header(&model)) % 64, 0);
  ck_assert_uint_eq(model.size, 8 + model_header(&model) + 4 * thalnet_center_parameter_count(net));
  model_free(&model);
  model_free(&again);
  thalnet_center_free(copy);
}

START_TEST(everything_round_trips) {
  thalnet_center *net = zoo_all(), *edited = zoo_edited();
  round_trip(net);
  round_trip(edited);
  thalnet_center_free(net);
  thalnet_center_free(edited);
}
END_TEST

START_TEST(random_networks_round_trip) {
  unsigned long long state = 5;
  for (int i = 0; i < 200; i++) {
    thalnet_center *net = zoo_random(&state);
    round_trip(net);
    thalnet_center_free(net);
  }
}
END_TEST

/* Loaded networks compute what the saved ones compute: what is derived from the parameters is there too. */
START_TEST(loaded_networks_compute) {
  unsigned long long state = 6;
  for (int i = 0; i < 40; i++) {
    thalnet_center *net = i > 1 ? zoo_random(&state) : i ? zoo_edited() : zoo_all(), *copy = NULL;
    struct model model = model_of(net);
    EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
    thalnet_state *one = support_state(net, 2), *two = support_state(copy, 2);
    EXPECT_OK(thalnet_state_advance(net, one, 2));
    EXPECT_OK(thalnet_state_advance(copy, two, 2));
    EXPECT_OK(thalnet_state_advance(net, one, 2));
    EXPECT_OK(thalnet_state_advance(copy, two, 2));
    float *a = support_rows(one), *b = support_rows(two);
    ck_assert(support_same(a, b, 2 * thalnet_state_values(one)));
    free(a);
    free(b);
    thalnet_state_free(one);
    thalnet_state_free(two);
    thalnet_center_free(net);
    thalnet_center_free(copy);
    model_free(&model);
  }
}
END_TEST

/* Signed zeros, denormals and the largest numbers come back bit for bit. */
START_TEST(every_bit_counts) {
  static const float odd[] = {-0.0f,     0x1p-149f,       -0x1p-149f,       0x1.fffffcp-127f,
                              0x1p-126f, 0x1.fffffep127f, -0x1.fffffep127f, 0x1.000002p0f};
  thalnet_center *net = zoo_all();
  size_t count = thalnet_center_parameter_count(net);
  float *values = support_parameters(net);
  for (size_t i = 0; i < count; i += 3) {
    values[i] = odd[i / 3 % 8];
  }
  EXPECT_OK(thalnet_center_write(net, NULL, values, count));
  round_trip(net);
  free(values);
  thalnet_center_free(net);
}
END_TEST

/* The whole text of the smallest file: whoever changes a letter of it changes the format. */
START_TEST(the_very_bytes) {
  static const char wanted[] =
      "{\"__metadata__\":{\"thalnet.format\":\"1\",\"thalnet.checksum\":\"????????\","
      "\"thalnet.inputs\":\"x:1:dense:1\",\"thalnet.outputs\":\"y:1:mean_squared_error:1\",\"thalnet.settle_steps\":"
      "\"0\","
      "\"thalnet.modules\":\"1\",\"thalnet.module.0.name\":\"m\",\"thalnet.module.0.layers\":\"dense:1:tanh\","
      "\"thalnet.module.0.reader\":\"linear:1\",\"thalnet.module.0.inputs\":\"0\",\"thalnet.module.0.outputs\":\"0\"},"
      "\"modules.0.layers.0.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
      "\"modules.0.layers.0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
      "\"modules.0.reader.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[12,16]},"
      "\"modules.0.outputs.0.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[16,20]},"
      "\"outputs.0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[20,24]}}";
  struct model model = model_tiny();
  char *digits = model_find(&model, "\"thalnet.checksum\":\"") + strlen("\"thalnet.checksum\":\"");
  const char *text = (const char *)model.bytes + 8;
  ck_assert_uint_eq(strspn(digits, "0123456789abcdef"), 8);
  memset(digits, '?', 8);
  ck_assert_uint_ge(model_header(&model), strlen(wanted));
  ck_assert_uint_lt(model_header(&model), strlen(wanted) + 64);
  ck_assert_mem_eq(text, wanted, strlen(wanted));
  for (size_t i = strlen(wanted); i < model_header(&model); i++) {
    ck_assert_int_eq(text[i], ' ');
  }
  model_free(&model);
}
END_TEST

START_TEST(metadata_of_everything) {
  static const char *const wanted[] = {
      "\"rows:3:dense:2 text:5:tokens:1 slow:1:dense:4\"",
      "\"class:4:cross_entropy:2 rows:2:mean_squared_error:4 own:3:host:1\"",
      "\"thalnet.settle_steps\":\"3\",\"thalnet.learned_start\":\"1\",\"thalnet.in_order\":\"1\",",
      "\"thalnet.modules\":\"6\"",
      "\"dense:2:identity gru:4\"",
      "\"gru:3:reset_before:zoneout=0.1\"",
      "\"dense:3:relu lstm:5:cell_zoneout=0.1\"",
      "\"dense:4:tanh gru:5:reset_before:layer_norm dense:4:sigmoid:layer_norm\"",
      "\"lstm:2:layer_norm:zoneout=0.012345679:cell_zoneout=0.1 gru:4:layer_norm\"",
      "\"thalnet.module.0.reader\":\"linear:2\"",
      "\"thalnet.module.1.reader\":\"weight_norm:3\"",
      "\"thalnet.module.2.reader\":\"softmax:4:skip_own\"",
      "\"thalnet.module.3.reader\":\"gaussian:5\"",
      "\"thalnet.module.4.reader\":\"gaussian_normalized:6:skip_own\"",
      "\"thalnet.module.5.layers\":\"dense:2:sigmoid\",\"thalnet.module.5.inputs\":\"0 1 2\""};
  thalnet_center *net = zoo_all();
  struct model model = model_of(net);
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    model_find(&model, wanted[i]);
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* --- broken bytes --- */

static thalnet_status load(const struct model *model) {
  thalnet_center *net = NULL;
  thalnet_status status = thalnet_center_load_memory(model->bytes, model->size, NULL, &net);
  if ((net != NULL) != (status == THALNET_OK)) {
    ck_abort_msg("a handle with an error, or none without");
  }
  thalnet_center_free(net);
  return status;
}

START_TEST(every_truncation) {
  thalnet_center *net = zoo_all();
  struct model model = model_of(net);
  for (size_t size = 0; size < model.size; size++) {
    struct model part = {malloc(size ? size : 1), size}; /* a block of its own: a step beyond the end is seen */
    memcpy(part.bytes, model.bytes, size);
    ck_assert_int_eq(load(&part), THALNET_ERROR_TRUNCATED);
    model_free(&part);
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* A bit of every byte of a file with every kind of thing in it. (api/test_file_format.c flips all bits of a small file.) */
START_TEST(flipped_bits) {
  thalnet_center *net = zoo_all();
  struct model model = model_of(net);
  for (size_t at = 0; at < model.size; at++) {
    unsigned char bit = (unsigned char)(1 << at % 8);
    model.bytes[at] ^= bit;
    thalnet_status status = load(&model);
    model.bytes[at] ^= bit;
    if (status == THALNET_OK || (at >= 8 + model_header(&model) && status != THALNET_ERROR_CHECKSUM)) {
      ck_abort_msg("bit %d of byte %zu: %s", (int)bit, at, thalnet_status_name(status));
    }
  }
  ck_assert_int_eq(load(&model), THALNET_OK);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* Whatever several random changes make of a sealed file: it loads or it does not, and nothing else happens. */
START_TEST(sealed_noise) {
  unsigned long long state = 8;
  thalnet_center *net = zoo_all();
  struct model model = model_of(net);
  size_t header = model_header(&model);
  int good = 0;
  for (int i = 0; i < 6000; i++) {
    struct model noisy = {malloc(model.size), model.size};
    memcpy(noisy.bytes, model.bytes, model.size);
    for (unsigned changes = 1 + io_draw(&state, 3); changes > 0; changes--) {
      unsigned char *byte = noisy.bytes + 8 + io_draw(&state, (unsigned)header),
                    with = "0123456789:. ,\"{}[]abw_"[io_draw(&state, 23)];
      if (*byte != with) {
        *byte = with;
      }
    }
    model_seal(&noisy);
    good += load(&noisy) == THALNET_OK;
    model_free(&noisy);
  }
  ck_assert_int_gt(good, 30); /* other names, losses and connections of the same shape */
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* The checksum is eight digits, as they are: other spellings are no checksum, whatever they amount to. */
START_TEST(checksums_are_spelled_one_way) {
  static const struct {
    const char *before;
    int digits;
    const char *after;
  } list[] = {{"", 0, ""},   {"", 7, ""},        {"", 8, "0"},      {"", 8, "g"}, {"0", 8, ""},
              {" ", 7, ""},  {"-", 7, ""},       {"0x", 6, ""},     {"", 7, "g"}, {"", 7, "A"},
              {"", 7, "\\"}, {"", 7, "\\u0030"}, {"\\u0061", 7, ""}};
  static const char key[] = "\"thalnet.checksum\":\"";
  struct model model = model_tiny();
  char digits[9] = "", was[60], becomes[60];
  memcpy(digits, model_find(&model, key) + strlen(key), 8);
  snprintf(was, sizeof was, "%s%s\"", key, digits);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    /* the space keeps the file from being sealed over the spelling */
    snprintf(becomes, sizeof becomes, "\"thalnet.checksum\": \"%s%.*s%s\"", list[i].before, list[i].digits, digits,
             list[i].after);
    struct model edited = model_edit(&model, was, becomes);
    ck_assert_msg(load(&edited) == THALNET_ERROR_FORMAT, "%s: %s", becomes, thalnet_error_text());
    model_free(&edited);
  }
  model_free(&model);
}
END_TEST

/* Values that read as something else than they say, if they are read carelessly. */
START_TEST(values_are_one_word) {
  static const char *const edits[][2] = {{"module.5.inputs\":\"0 1 2\"", "module.5.inputs\":\"0 2 1\""},
                                         {"module.5.inputs\":\"0 1 2\"", "module.5.inputs\":\"0 1:1 2\""},
                                         {"modules\":\"6\"", "modules\":\"6 6\""},
                                         {"modules\":\"6\"", "modules\":\"6:6\""},
                                         {"settle_steps\":\"3\"", "settle_steps\":\"3 \""},
                                         {"reader\":\"linear:2\"", "reader\":\"linear:2 linear:2\""},
                                         {"reader\":\"linear:2\"", "reader\":\"linear:2:2\""},
                                         {"softmax:4:skip_own", "softmax:4:skip_own:skip_own"},
                                         {"softmax:4:skip_own", "softmax:skip_own:4"},
                                         {"softmax:4:skip_own", "softmax:4:skip"},
                                         {"softmax:4:skip_own", "softmax:4"},
                                         {"learned_start\":\"1\"", "learned_start\":\"0\""},
                                         {"learned_start\":\"1\"", "learned_start\":\"1 1\""},
                                         {"learned_start\":\"1\"", "learned_start\":\"\""},
                                         {"\"thalnet.learned_start\":\"1\",", ""},
                                         {"in_order\":\"1\"", "in_order\":\"0\""},
                                         {"in_order\":\"1\"", "in_order\":\"\""},
                                         {"in_order\":\"1\"", "in_orders\":\"1\""},
                                         {"\"center.start\"", "\"center.began\""},
                                         {"lstm:5", "lstm:5:reset_before"},
                                         {"reset_before:layer_norm", "layer_norm:reset_before"},
                                         {"reset_before:layer_norm", "reset_before:layer_norm:layer_norm"},
                                         {"reset_before:layer_norm", "reset_before:layer_norm=1"},
                                         {"reset_before:layer_norm", "reset_before:layer"},
                                         {"reset_before:layer_norm", "reset_before"},
                                         {"lstm:5", "lstm:5:layer_norm"}};
  thalnet_center *net = zoo_all();
  struct model model = model_of(net);
  for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
    struct model edited = model_edit(&model, edits[i][0], edits[i][1]);
    ck_assert_msg(load(&edited) == THALNET_ERROR_FORMAT, "%s: %s", edits[i][1], thalnet_error_text());
    model_free(&edited);
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* Settle steps, a learned start and the order are the file's: what the options say of them is not even looked at. */
START_TEST(settle_steps_are_the_files) {
  static const int32_t ignored[] = {0, 7, -1, 1 << 20};
  thalnet_center *net = zoo_all();
  struct model model = model_of(net);
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
    thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
    thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
    thalnet_center *copy = NULL;
    center.settle_steps = ignored[i];
    center.learned_start = ignored[i];
    center.in_order = ignored[i];
    options.center = &center;
    EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, &options, &copy));
    zoo_same(net, copy);
    thalnet_center_free(copy);
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* All that the metadata describe is counted before memory is asked for it: a file with one tensor less is refused for the number. */
START_TEST(every_tensor_counts) {
  unsigned long long state = 15;
  for (int i = 0; i < 40; i++) {
    thalnet_center *net = i > 1 ? zoo_random(&state) : i ? zoo_edited() : zoo_all();
    struct model model = model_of(net), shorter = model_shorter(&model);
    ck_assert_int_eq(load(&shorter), THALNET_ERROR_FORMAT);
    /* the second tensor of a learned start is there or not, which nobody knows before the network is laid out */
    ck_assert_msg(strstr(thalnet_error_text(), "more tensors than the") != NULL ||
                      strstr(thalnet_error_text(), "center.own_start is missing") != NULL,
                  "%s", thalnet_error_text());
    model_free(&shorter);
    model_free(&model);
    thalnet_center_free(net);
  }
}
END_TEST

/* --- other writers --- */

/* The right checksum, wherever its digits are. */
static void seal(struct model *model) {
  char *key = model_find(model, "\"thalnet.checksum\"") + strlen("\"thalnet.checksum\""), digits[9];
  char *at = strchr(key, '"') + 1;
  memcpy(at, "00000000", 8);
  snprintf(digits, sizeof digits, "%08lx", crc32_z(0, model->bytes, model->size));
  memcpy(at, digits, 8);
}

/* The same model by someone who stores tensors backwards, knows more metadata and lays out JSON in another way. */
static struct model rewritten(const struct model *model, size_t flags) {
  const unsigned char *data = model->bytes + 8 + model_header(model);
  json_t *header = json_loadb((const char *)model->bytes + 8, model_header(model), JSON_REJECT_DUPLICATES, NULL),
         *value;
  size_t size = model->size - 8 - model_header(model), end = size;
  unsigned char *moved = malloc(size);
  const char *key;
  ck_assert_ptr_nonnull(header);
  json_object_foreach(header, key, value) {
    json_t *offsets = json_object_get(value, "data_offsets");
    if (!offsets) {
      continue;
    }
    size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0));
    size_t length = (size_t)json_integer_value(json_array_get(offsets, 1)) - begin;
    end -= length;
    memcpy(moved + end, data + begin, length);
    json_array_set_new(offsets, 0, json_integer((json_int_t)end));
    json_array_set_new(offsets, 1, json_integer((json_int_t)(end + length)));
  }
  json_object_set_new(json_object_get(header, "__metadata__"), "format", json_string("pt"));
  json_object_set_new(json_object_get(header, "__metadata__"), "note",
                      json_string("\xc3\xbc \xf0\x9f\x98\x80 \" \\ \n"));
  char *text = json_dumps(header, flags);
  struct model written = model_with_header(model, text, strlen(text));
  memcpy(written.bytes + written.size - size, moved, size);
  seal(&written);
  free(text);
  free(moved);
  json_decref(header);
  return written;
}

START_TEST(other_writers) {
  static const size_t flags[] = {JSON_COMPACT, JSON_COMPACT | JSON_SORT_KEYS, JSON_INDENT(2), JSON_ENSURE_ASCII,
                                 JSON_ESCAPE_SLASH};
  unsigned long long state = 9;
  for (int i = 0; i < 20; i++) {
    thalnet_center *net = i > 1 ? zoo_random(&state) : i ? zoo_edited() : zoo_all();
    struct model model = model_of(net);
    for (size_t k = 0; k < sizeof flags / sizeof flags[0]; k++) {
      struct model other = rewritten(&model, flags[k]);
      thalnet_center *copy = NULL;
      EXPECT_OK(thalnet_center_load_memory(other.bytes, other.size, NULL, &copy));
      zoo_same(net, copy);
      thalnet_center_free(copy);
      model_free(&other);
    }
    model_free(&model);
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {the_very_bytes,
                                metadata_of_everything,
                                checksums_are_spelled_one_way,
                                values_are_one_word,
                                every_tensor_counts,
                                settle_steps_are_the_files,
                                everything_round_trips,
                                every_bit_counts,
                                other_writers,
                                loaded_networks_compute,
                                random_networks_round_trip,
                                sealed_noise,
                                every_truncation,
                                flipped_bits};
  return IO_RUN("model_file", tests);
}
