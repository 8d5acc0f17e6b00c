/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "center/reader.h"

static const thalnet__reader_kind *const thalnet__reader_kinds[] = {
    &thalnet__linear_reader,   &thalnet__weight_norm_reader,         &thalnet__softmax_reader,
    &thalnet__gaussian_reader, &thalnet__gaussian_normalized_reader,
};

enum { THALNET__READER_KINDS = sizeof thalnet__reader_kinds / sizeof thalnet__reader_kinds[0] };

const thalnet__reader_kind *thalnet__reader_find(int32_t number, int32_t normalize) {
  for (int i = 0; i < THALNET__READER_KINDS; i++)
    if (thalnet__reader_kinds[i]->number == number && thalnet__reader_kinds[i]->normalize == normalize)
      return thalnet__reader_kinds[i];
  return NULL;
}

const thalnet__reader_kind *thalnet__reader_find_name(const char *name, size_t length) {
  for (int i = 0; i < THALNET__READER_KINDS; i++) {
    const char *known = thalnet__reader_kinds[i]->name;
    if (strlen(known) == length && memcmp(known, name, length) == 0) return thalnet__reader_kinds[i];
  }
  return NULL;
}
