/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "gradient/check_call.h"
#include "gradient/problem.h"

static void add(problem *p, int section, size_t place, size_t count, const char *name) {
  if (count == 0) return;
  ck_assert_uint_lt(p->arrays, ARRAYS_MAX);
  array *to = &p->array[p->arrays++];
  *to = (array){.section = section, .place = place, .count = count};
  snprintf(to->name, sizeof(to->name), "%s", name);
}

/* Blocks of rows of a layer's tensor: one a gate. */
static size_t gates(const problem *p, const char *name) {
  size_t module, layer;
  int end = 0;
  if (sscanf(name, "modules.%zu.layers.%zu.%n", &module, &layer, &end) != 2 || end == 0) return 1;
  ck_assert_uint_lt(module, p->spec.modules);
  ck_assert_uint_lt(layer, p->spec.module[module].layers);
  if (strstr(name, "_cell")) return 1;
  int kind = p->spec.module[module].layer[layer].kind;
  return kind == LAYER_GRU ? 3 : kind == LAYER_LSTM ? 4 : 1;
}

void problem_list_arrays(problem *p) {
  char name[96];
  size_t place = 0, dimensions[3], features = thalnet_center_features(p->net);
  for (size_t i = 0; i < thalnet_center_tensor_count(p->net); i++) {
    const char *tensor = thalnet_center_tensor_name(p->net, i);
    ck_assert_int_gt(thalnet_center_tensor_shape(p->net, tensor, dimensions), 0);
    size_t blocks = gates(p, tensor), count = dimensions[0] * dimensions[1] * dimensions[2] / blocks;
    for (size_t block = 0; block < blocks; block++) {
      snprintf(name, sizeof(name), blocks > 1 ? "%s, gate %zu" : "%s", tensor, block);
      add(p, SECTION_PARAMETERS, place, count, name);
      place += count;
    }
  }
  ck_assert_uint_eq(place, p->parameters);
  for (size_t i = 0; i < p->spec.inputs; i++) {
    snprintf(name, sizeof(name), "input %zu", i);
    add(p, SECTION_INPUTS, p->input_place[i], p->input_count[i], name);
  }
  for (size_t s = 0; s < p->spec.sequences; s++) {
    size_t row = p->start_place + s * p->state_values;
    snprintf(name, sizeof(name), "center at the start of sequence %zu", s);
    add(p, SECTION_START, row, features, name);
    snprintf(name, sizeof(name), "layers' memory at the start of sequence %zu", s);
    add(p, SECTION_START, row + features, p->state_values - features, name);
  }
}
