/* SPDX-License-Identifier: MIT */
/* What the parts of a reader see, "8,8,0;0,4,16": a row for every part, in it the number of features of every slice. The first row is
 * all zeros where a reader has no part 0. */
#include "io/model_parts.h"

#include <string.h>

#include "io/words.h"
#include "network/spread.h"

static size_t thalnet__count_rows(const char *value) {
  size_t rows = 1;
  for (; *value != 0; value++) rows += *value == ';';
  return rows;
}

int thalnet__lacks_first_part(const char *value) { return value[strspn(value, "0,")] == ';'; }

thalnet_status thalnet__check_part_count(const char *key, const char *value, size_t *gated) {
  const size_t rows = thalnet__count_rows(value), most = THALNET_COUNT_LIMIT;
  if (rows < 2) return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.40s' is less than two rows", key, value);
  if (rows - (size_t)thalnet__lacks_first_part(value) > most)
    return thalnet__fail(THALNET_ERROR_LIMIT, "%s: %zu parts, the limit is %zu", key, rows, most);
  *gated = rows - 1;
  return THALNET_OK;
}

/* The number at *at, and what ends it, which is skipped. */
static int thalnet__take_count(const char **at, char end, size_t *count) {
  struct thalnet__field field = {*at, 0};
  uint64_t number;
  while (field.at[field.length] >= '0' && field.at[field.length] <= '9') field.length++;
  if (field.length == 0 || field.at[field.length] != end) return -1;
  if (thalnet__field_number(&field, THALNET_SIZE_LIMIT, &number)) return -1;
  *count = (size_t)number;
  *at += field.length + (end != 0);
  return 0;
}

static thalnet_status thalnet__read_rows(const char *key, const char *value, size_t slices, thalnet__reader *reader) {
  const size_t missing = reader->parts[0].number, rows = missing + reader->part_count;
  const char *at = value;
  for (size_t row = 0; row < rows; row++)
    for (size_t s = 0; s < slices; s++) {
      size_t count = 0;
      if (thalnet__take_count(&at, s + 1 < slices ? ',' : row + 1 < rows ? ';' : 0, &count))
        return thalnet__fail(THALNET_ERROR_FORMAT, "%s: row %zu is not %zu plain numbers up to %d, with commas", key,
                             row, slices, THALNET_SIZE_LIMIT);
      if (row >= missing) reader->parts[row - missing].slices[s].count = count;
    }
  return THALNET_OK;
}

/* Every feature belongs to one part, and every part has some. */
static thalnet_status thalnet__check_rows(const char *key, const thalnet_center *net, size_t m,
                                          const thalnet__reader *reader) {
  for (size_t s = 0; s < net->module_count; s++) {
    const size_t features = reader->skip_own && s == m ? 0 : thalnet__last_layer(net->modules[s])->units;
    uint64_t sum = 0;
    for (size_t i = 0; i < reader->part_count; i++) sum += reader->parts[i].slices[s].count;
    if (sum != features)
      return thalnet__fail(THALNET_ERROR_FORMAT, "%s: the parts see %llu features of module '%s', not %zu", key,
                           (unsigned long long)sum, net->modules[s]->name, features);
  }
  for (size_t i = 0; i < reader->part_count; i++) {
    uint64_t seen = 0;
    for (size_t s = 0; s < net->module_count; s++) seen += reader->parts[i].slices[s].count;
    if (seen == 0)
      return thalnet__fail(THALNET_ERROR_FORMAT, "%s: part %zu sees nothing", key, reader->parts[i].number);
  }
  return THALNET_OK;
}

thalnet_status thalnet__read_parts(const char *key, const char *value, thalnet_center *net, size_t m) {
  thalnet__reader *reader = &net->modules[m]->reader.reading;
  const size_t first = (size_t)thalnet__lacks_first_part(value), parts = thalnet__count_rows(value) - first;
  const size_t slices = net->module_count;
  if (strlen(value) / slices < 2 * parts - 1) /* before memory is asked for */
    return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.40s' is not %zu plain numbers for every part", key, value,
                         slices);
  THALNET__TRY(thalnet__make_parts(&net->memory, reader, parts, first, slices));
  THALNET__TRY(thalnet__read_rows(key, value, slices, reader));
  return thalnet__check_rows(key, net, m, reader);
}
