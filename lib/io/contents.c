/* SPDX-License-Identifier: MIT */
#include "io/contents.h"

#include <string.h>

#include "core/text.h"
#include "io/bytes.h"
#include "io/model_metadata.h"

/* --- tensors --- */

/* "[96, 52]" */
static void thalnet__add_shape(thalnet__text *text, size_t rank, const uint64_t *dimensions) {
  thalnet__text_add(text, "[");
  for (size_t i = 0; i < rank; i++) {
    thalnet__text_add(text, i == 0 ? "" : ", ");
    thalnet__text_number(text, dimensions[i]);
  }
  thalnet__text_add(text, "]");
}

thalnet_status thalnet__want_tensor(const thalnet__header *header, const char *name, size_t rank,
                                    const uint64_t *dimensions, size_t place) {
  char buffer[160];
  thalnet__text shapes = {buffer, sizeof buffer, 0};
  thalnet__file_tensor *found = thalnet__header_tensor(header, name);
  if (found == NULL) return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s is missing", name);
  int same = found->rank == rank;
  for (size_t i = 0; i < rank; i++) same = same && found->dimensions[i] == dimensions[i];
  found->role = THALNET__WANTED;
  found->place = place;
  if (same) return THALNET_OK;
  thalnet__text_add(&shapes, "shape ");
  thalnet__add_shape(&shapes, found->rank, found->dimensions);
  thalnet__text_add(&shapes, ", expected ");
  thalnet__add_shape(&shapes, rank, dimensions);
  return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s: %s", name, thalnet__text_end(&shapes));
}

thalnet_status thalnet__expect_no_more(const thalnet__header *header) {
  for (size_t t = 0; t < header->tensor_count; t++)
    if (header->tensors[t].role == THALNET__UNEXPECTED)
      return thalnet__fail(THALNET_ERROR_FORMAT, "tensor %.100s is none of this network", header->tensors[t].name);
  return THALNET_OK;
}

/* --- checksum and data --- */

/* The sum over the header with its own digits as zeros. They must stand there as they are, not as escapes. */
thalnet_status thalnet__sum_header(thalnet__header *header, thalnet__crc *crc, const char **digits) {
  const size_t length = sizeof THALNET__CHECKSUM_ZEROS - 1;
  const thalnet__pair *pair = thalnet__header_take(header, THALNET__KEY_CHECKSUM);
  if (pair == NULL) return thalnet__fail(THALNET_ERROR_FORMAT, "metadata: '" THALNET__KEY_CHECKSUM "' is missing");
  const size_t at = pair->value_end - length;
  if (strlen(pair->value) != length || strspn(pair->value, "0123456789abcdef") != length || pair->escaped)
    return thalnet__fail(THALNET_ERROR_FORMAT, THALNET__KEY_CHECKSUM ": '%.40s' is not eight hexadecimal digits",
                         pair->value);
  thalnet__crc_start(crc);
  thalnet__crc_add(crc, header->bytes, at);
  thalnet__crc_add(crc, THALNET__CHECKSUM_ZEROS, length);
  thalnet__crc_add(crc, header->bytes + pair->value_end, header->size - pair->value_end);
  *digits = pair->value;
  return THALNET_OK;
}

thalnet_status thalnet__check_sum(const thalnet__crc *crc, const char *digits) {
  const uint32_t sum = thalnet__crc_value(crc);
  uint32_t wanted = 0;
  for (; *digits != 0; digits++) wanted = wanted << 4 | (uint32_t)(*digits <= '9' ? *digits - '0' : *digits - 'a' + 10);
  if (sum != wanted)
    return thalnet__fail(THALNET_ERROR_CHECKSUM, "its checksum is %08lx, the header has %08lx", (unsigned long)sum,
                         (unsigned long)wanted);
  return THALNET_OK;
}

/* values NULL: they are only summed. */
static thalnet_status thalnet__read_values(thalnet__source *source, thalnet__crc *crc, uint64_t count, real *values) {
  unsigned char bytes[THALNET__PIECE * THALNET__FLOAT_BYTES];
  while (count > 0) {
    const size_t piece = count < THALNET__PIECE ? (size_t)count : THALNET__PIECE;
    THALNET__TRY(thalnet__source_read(source, bytes, piece * THALNET__FLOAT_BYTES));
    thalnet__crc_add(crc, bytes, piece * THALNET__FLOAT_BYTES);
    count -= piece;
    if (values == NULL) continue;
    thalnet__get_floats(bytes, piece, values);
    values += piece;
  }
  return THALNET_OK;
}

thalnet_status thalnet__read_data(const thalnet__header *header, thalnet__source *source, thalnet__crc *crc,
                                  real *block) {
  for (size_t t = 0; t < header->tensor_count; t++) {
    const thalnet__file_tensor *tensor = header->by_begin[t];
    THALNET__TRY(thalnet__read_values(source, crc, (tensor->end - tensor->begin) / THALNET__FLOAT_BYTES,
                                      tensor->role == THALNET__WANTED ? block + tensor->place : NULL));
  }
  return thalnet__source_finish(source);
}
