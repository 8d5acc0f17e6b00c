/* SPDX-License-Identifier: MIT */
/* Sealed model files that say something wrong about the network: metadata, modules, tensors, sizes. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "model_file.h"

struct edit {
  const char *from, *to;
  thalnet_status one, other;
};

static void edits(int32_t kind, const struct edit *list, size_t count) {
  struct model model = model_of_kind(kind);
  for (size_t i = 0; i < count; i++) {
    char what[200];
    struct model edited = model_edit(&model, list[i].from, list[i].to);
    snprintf(what, sizeof what, "%s -> %s", list[i].from, list[i].to);
    model_loads_as(&edited, list[i].one, list[i].other ? list[i].other : list[i].one, what);
    model_free(&edited);
  }
  model_free(&model);
}
#define EDITS(kind, list) edits((kind), (list), sizeof(list) / sizeof(list)[0])

#define FORMAT THALNET_ERROR_FORMAT, 0
#define LIMIT THALNET_ERROR_LIMIT, THALNET_ERROR_FORMAT

START_TEST(metadata_is_checked) {
  static const struct edit list[] = {
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"2\"", THALNET_ERROR_FORMAT, THALNET_ERROR_UNSUPPORTED},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"0\"", THALNET_ERROR_FORMAT, THALNET_ERROR_UNSUPPORTED},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"4294967297\"", THALNET_ERROR_FORMAT,
       THALNET_ERROR_UNSUPPORTED},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"01\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\" 1\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":1", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"note\":\"1\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"thalnet.format\":\"1\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"thalnet.later\":\"1\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"thalnet.\":\"1\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"thalnet.module.2.name\":\"m\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"thalnet.module.00.name\":\"m\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"note\":\"of the host\"", THALNET_OK, 0},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\\u00e9\\u20AC\\ud83d\\ude00\\n\\\"\"", THALNET_OK,
       0},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\xc3\xa9\xf0\x9f\x98\x80\"", THALNET_OK, 0},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\xc0\xaf\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\xed\xa0\x80\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\\ud83d\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\\ude00\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\\ud83d\\u0041\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\\u12G4\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"\\x\"", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"a\",\"m\":\"a\"", THALNET_OK, 0},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"1\",\"n\":\"a\",\"n\":\"b\"", FORMAT},
      {"\"thalnet.checksum\"", "\"checksum\"", FORMAT},
      {"\"thalnet.inputs\"", "\"note.inputs\"", FORMAT},
      {"\"thalnet.outputs\"", "\"note.outputs\"", FORMAT},
      {"\"thalnet.settle_steps\"", "\"note.settle_steps\"", FORMAT},
      {"\"thalnet.modules\"", "\"note.modules\"", FORMAT},
      {"\"thalnet.module.0.name\"", "\"note.name\"", FORMAT},
      {"\"thalnet.module.1.layers\"", "\"note.layers\"", FORMAT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"0\"", FORMAT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"1\"", FORMAT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"3\"", FORMAT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"-2\"", FORMAT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"2.0\"", FORMAT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"4097\"", LIMIT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"99999999999999999999\"", LIMIT},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"18446744073709551618\"", LIMIT},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"1025\"", LIMIT},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"1024\"", THALNET_OK, 0},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"\"", FORMAT},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"x\"", FORMAT},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"2147483648\"", FORMAT},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"0\",\"thalnet.learned_start\":\"1\"", FORMAT},
  };
  EDITS(SUPPORT_SMALL, list);
}
END_TEST

#define NAME_OF_63 "a_name_of_sixty_three_characters_is_the_longest_that_is_allowed"
_Static_assert(sizeof NAME_OF_63 == 64, "a name of 63 characters");

START_TEST(inputs_and_outputs_are_checked) {
  static const struct edit list[] = {
      {"\"x:3:dense:1", "\"x:3:dense:0", FORMAT},
      {"\"x:3:dense:1", "\"x:3:dense:1024", THALNET_OK, 0},
      {"\"x:3:dense:1", "\"x:3:dense:1025", LIMIT},
      {"\"x:3:dense:1", "\"x:3:dense:2147483647", LIMIT},
      {"\"x:3:dense:1", "\"x:3:dense", FORMAT},
      {"\"x:3:dense:1", "\"x:3:dense:1:1", FORMAT},
      {"\"x:3:dense:1", "\"x:3:sparse:1", FORMAT},
      {"\"x:3:dense:1", "\"x:0:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"x:4:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"x:16777217:dense:1", LIMIT},
      {"\"x:3:dense:1", "\"X:3:dense:1", FORMAT},
      {"\"x:3:dense:1", "\":3:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"x:3:dense:1 x:3:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"x:3:dense:1 u:3:dense:1", FORMAT}, /* nobody is connected to it */
      {"\"x:3:dense:1", "\"x:3:dense:1 ", FORMAT},
      {"\"x:3:dense:1", "\" x:3:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"", FORMAT},
      {"\"x:3:dense:1", "\"" NAME_OF_63 ":3:dense:1", THALNET_OK, 0},
      {"\"x:3:dense:1", "\"" NAME_OF_63 "a:3:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"" NAME_OF_63 NAME_OF_63 ":3:dense:1", FORMAT},
      {"\"x:3:dense:1", "\"x:3:dense:2147483648", FORMAT},
      {"\"x:3:dense:1", "\"x:2147483648:dense:1", FORMAT},
      {"\"y:4:cross_entropy:1", "\"" NAME_OF_63 ":4:cross_entropy:1", THALNET_OK, 0},
      {"\"y:4:cross_entropy:1", "\"" NAME_OF_63 "a:4:cross_entropy:1", FORMAT},
      {"\"y:4:cross_entropy:1", "\"y:4:cross:1", FORMAT},
      {"\"y:4:cross_entropy:1", "\"y:5:cross_entropy:1", FORMAT},
      {"\"y:4:cross_entropy:1", "\"y:4:cross_entropy:0", FORMAT},
      {"\"y:4:cross_entropy:1", "\"y:4:cross_entropy:1024", THALNET_OK, 0},
      {"\"y:4:cross_entropy:1", "\"y:4:cross_entropy:1025", LIMIT},
      {"\"y:4:cross_entropy:1", "\"y:16777216:cross_entropy:1", FORMAT}, /* of another shape than the tensors */
      {"\"y:4:cross_entropy:1", "\"y:16777217:cross_entropy:1", THALNET_ERROR_LIMIT, 0},
      {"\"y:4:cross_entropy:1", "\"y:4:mean_squared_error:1", THALNET_OK, 0},
      {"\"y:4:cross_entropy:1", "\"y:4:host:1", THALNET_OK, 0},
      {"\"thalnet.module.0.inputs\":\"0\"", "\"thalnet.module.0.inputs\":\"1\"", FORMAT},
      {"\"thalnet.module.0.inputs\":\"0\"", "\"thalnet.module.0.inputs\":\"0 0\"", FORMAT},
      {"\"thalnet.module.0.inputs\":\"0\"", "\"thalnet.module.0.inputs\":\"-1\"", FORMAT},
      {"\"thalnet.module.0.inputs\":\"0\"", "\"thalnet.module.0.inputs\":\"00\"", FORMAT},
      {"\"thalnet.module.0.inputs\":\"0\"", "\"thalnet.module.0.inputs\":\"4294967296\"", LIMIT},
      {"\"thalnet.module.0.outputs\":\"0\"", "\"thalnet.module.0.outputs\":\"7\"", FORMAT},
      {"\"thalnet.module.0.outputs\":\"0\"", "\"thalnet.module.0.outputs\":\"0,0\"", FORMAT},
  };
  EDITS(SUPPORT_SMALL, list);
}
END_TEST

START_TEST(modules_are_checked) {
  static const struct edit list[] = {
      {"\"thalnet.module.0.name\":\"module0\"", "\"thalnet.module.0.name\":\"Module0\"", FORMAT},
      {"\"thalnet.module.0.name\":\"module0\"", "\"thalnet.module.0.name\":\"\"", FORMAT},
      {"\"thalnet.module.0.name\":\"module0\"", "\"thalnet.module.0.name\":\"module1\"", FORMAT},
      {"\"thalnet.module.0.name\":\"module0\"", "\"thalnet.module.0.name\":\"eye\"", THALNET_OK, 0},
      {"\"thalnet.module.0.name\":\"module0\"", "\"thalnet.module.0.name\":\"" NAME_OF_63 "\"", THALNET_OK, 0},
      {"\"thalnet.module.0.name\":\"module0\"", "\"thalnet.module.0.name\":\"" NAME_OF_63 "a\"", FORMAT},
      {"\"gru:5\"", "\"gru:0\"", FORMAT},
      {"\"gru:5\"", "\"gru:6\"", FORMAT},
      {"\"gru:5\"", "\"gru:16777217\"", LIMIT},
      {"\"gru:5\"", "\"gru:5:reset_sideways\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:reset_before\"", THALNET_OK, 0},
      {"\"gru:5\"", "\"gru:5:layer_norm\"", FORMAT}, /* tensors that are not there */
      {"\"gru:5\"", "\"gru:5:layer_norm:\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.25\"", THALNET_OK, 0},
      {"\"gru:5\"", "\"gru:5:reset_before:zoneout=0.000001\"", THALNET_OK, 0},
      {"\"gru:5\"", "\"gru:5:zoneout=0.99999994\"", THALNET_OK, 0},
      {"\"gru:5\"", "\"gru:5:zoneout=0.100000000000001\"", THALNET_OK, 0},
      {"\"gru:5\"", "\"gru:5:zoneout=0.1000000000000001\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.999999999\"", FORMAT}, /* 1 as a float */
      {"\"gru:5\"", "\"gru:5:zoneout=0.0000009\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.0\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=1.5\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=-0.1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.10\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=1e-1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=nan\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout0.1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:=0.1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneouts=0.1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zonning=0.25\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout-0.25\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:cell_zoneout=0.1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.1:reset_before\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.1:layer_norm\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.1:zoneout=0.1\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:zoneout=0.1:\"", FORMAT},
      {"\"gru:5\"", "\"gru:zoneout=0.1:5\"", FORMAT},
      {"\"dense:6:relu gru:4\"", "\"dense:6:relu:zoneout=0.1 gru:4\"", FORMAT},
      {"\"gru:5\"", "\"gru:5:0:0:0:0:0\"", FORMAT},
      {"\"gru:5\"", "\"gru:\"", FORMAT},
      {"\"gru:5\"", "\"gru\"", FORMAT},
      {"\"gru:5\"", "\"\"", FORMAT},
      {"\"gru:5\"", "\"lstm:5\"", FORMAT},
      {"\"gru:5\"", "\"gru:5 gru:5\"", FORMAT},
      {"\"gru:5\"", "\"conv:5\"", FORMAT},
      {"\"dense:6:relu gru:4\"", "\"dense:6 gru:4\"", FORMAT},
      {"\"dense:6:relu gru:4\"", "\"dense:6:relu  gru:4\"", FORMAT},
      {"\"dense:6:relu gru:4\"", "\"dense:6:relu\\tgru:4\"", FORMAT},
      {"\"dense:6:relu gru:4\"", "\"dense:6:softplus gru:4\"", FORMAT},
      {"\"dense:6:relu gru:4\"", "\"dense:6:tanh gru:4\"", THALNET_OK, 0},
      {"\"weight_norm:6\"", "\"linear:6\"", FORMAT},
      {"\"weight_norm:6\"", "\"weight_norm:0\"", FORMAT},
      {"\"weight_norm:6\"", "\"weight_norm:7\"", FORMAT},
      {"\"weight_norm:6\"", "\"weight_norm\"", FORMAT},
      {"\"weight_norm:6\"", "\"magic:6\"", FORMAT},
      {"\"weight_norm:6\"", "\"weight_norm:99999999\"", LIMIT},
      {"\"weight_norm:6\"", "\"weight_norm:6:skip_own\"", FORMAT}, /* its matrix is too wide */
      {"\"weight_norm:6\"", "\"weight_norm:6:\"", FORMAT},
      {"\"weight_norm:6\"", "\"weight_norm:6:own\"", FORMAT},
  };
  EDITS(SUPPORT_SMALL, list);
}
END_TEST

/* Words that are none are quoted, with what is wanted in their place. */
START_TEST(words_are_told) {
  static const char *const list[][3] = {
      {"\"gru:5\"", "\"gru:x\"", "layers: 'gru:x' is not dense:n:activation"},
      {"\"gru:5\"", "\"gru:2147483648\"", "layers: 'gru:2147483648' is not dense:n:activation"},
      {"\"x:3:dense:1", "\"x:y:dense:1", "thalnet.inputs: 'x:y:dense:1' is not name:size:dense:steps"},
      {"\"x:3:dense:1", "\"x:3:dense:y", "thalnet.inputs: 'x:3:dense:y' is not name:size:dense:steps"},
      {"\"y:4:cross_entropy:1", "\"y:x:cross_entropy:1",
       "thalnet.outputs: 'y:x:cross_entropy:1' is not name:size:loss"},
      {"\"thalnet.settle_steps\":\"0\"", "\"thalnet.settle_steps\":\"x\"", "'x' is not a plain decimal number"},
      {"\"thalnet.modules\":\"2\"", "\"thalnet.modules\":\"x\"", "thalnet.modules: 'x' is not a plain decimal number"},
      {"\"weight_norm:6\"", "\"weight_norm:x\"", "reader: 'weight_norm:x' is not kind:context"},
      {"\"thalnet.module.0.inputs\":\"0\"", "\"thalnet.module.0.inputs\":\"x\"",
       "'x' is not a list of ascending numbers"}};
  struct model model = model_of_kind(SUPPORT_SMALL);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct model edited = model_edit(&model, list[i][0], list[i][1]);
    model_loads_as(&edited, THALNET_ERROR_FORMAT, THALNET_ERROR_FORMAT, list[i][1]);
    ck_assert_msg(strstr(thalnet_error_text(), list[i][2]) != NULL, "%s: %s", list[i][2], thalnet_error_text());
    model_free(&edited);
  }
  model_free(&model);
}
END_TEST

START_TEST(tensors_are_checked) {
  static const struct edit list[] = {
      {"\"dtype\":\"F32\"", "\"dtype\":\"F64\"", FORMAT},
      {"\"dtype\":\"F32\"", "\"dtype\":\"BF16\"", FORMAT},
      {"\"dtype\":\"F32\"", "\"dtype\":\"f32\"", FORMAT},
      {"\"dtype\":\"F32\"", "\"dtype\":32", FORMAT},
      {"\"dtype\":\"F32\"", "\"dtype\":\"F32\",\"dtype\":\"F32\"", FORMAT},
      {"\"dtype\":\"F32\"", "\"dtype\":\"F32\",\"size\":3", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[9,15]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[135]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,9,1]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,9", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,-9]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,9.0]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,\"9\"]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[015,9]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,9,]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,[9]]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,0]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[4194305,4194305,211106198978564]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,18446744073709551625]", FORMAT},
      {"\"shape\":[15,9]", "\"shape\":[15,1e1]", FORMAT},
      {"\"modules.0.layers.0.weight_ih\":", "\"modules.0.layers.0.weight_hi\":", FORMAT},
      {"\"modules.0.layers.0.weight_ih\":", "\"modules.0.layers.0.weight_hh\":", FORMAT},
      {"\"modules.0.layers.0.weight_ih\":", "\"modules.0.layers.0.weight\\u005fih\":", FORMAT},
      {"\"modules.0.layers.0.weight_ih\":", "\"\":", FORMAT},
      {"\"__metadata__\":", "\"__metadata\":", FORMAT},
      {"\"__metadata__\":", "\"__metadata__\":{},\"__metadata__\":", FORMAT},
  };
  EDITS(SUPPORT_SMALL, list);
}
END_TEST

/* A small file that asks for much work: the dynamic readers cost C * P a step. */
START_TEST(bombs_are_limited) {
  struct model model = model_of_kind(SUPPORT_READERS);
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.max_step_operations = 1000;
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_LIMIT);
  ck_assert_ptr_null(net);
  model_free(&model);
  static const struct edit list[] = {
      {"\"gaussian:4\"", "\"gaussian:16777216\"", LIMIT},
      {"\"softmax:4\"", "\"softmax:16777216\"", LIMIT},
      {"\"lstm:4:layer_norm\"", "\"lstm:16777216:layer_norm\"", LIMIT},
      {"\"lstm:4:layer_norm\"", "\"lstm:4:layer_norm:zoneout=0.5:cell_zoneout=0.25\"", THALNET_OK, 0},
      {"\"lstm:4:layer_norm\"", "\"lstm:4:layer_norm:cell_zoneout=0.25\"", THALNET_OK, 0},
      {"\"lstm:4:layer_norm\"", "\"lstm:4:layer_norm:cell_zoneout=0.25:zoneout=0.5\"", FORMAT},
      {"\"lstm:4:layer_norm\"", "\"lstm:4:cell_zoneout=0.25:layer_norm\"", FORMAT},
      {"\"lstm:4:layer_norm\"", "\"lstm:4:layer_norm:cell_zoneout=1.25\"", FORMAT},
      {"\"gru:3 dense:5:sigmoid:layer_norm\"", "\"gru:3 dense:16777216:sigmoid:layer_norm\"", LIMIT},
  };
  EDITS(SUPPORT_READERS, list);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {metadata_is_checked, inputs_and_outputs_are_checked,
                                modules_are_checked, words_are_told,
                                tensors_are_checked, bombs_are_limited};
  return SUPPORT_RUN("file_edits", tests);
}
