/* SPDX-License-Identifier: MIT */
#include "center/parts.h"

#include <string.h>

#include "core/checked.h"
#include "core/fault.h"

/* --- scratch: a part's contexts, or their gradients, and behind them what its kind needs --- */

/* The rest begins on a cache line. */
static size_t thalnet__contexts_room(const thalnet__reader *reader, size_t rows) {
  return thalnet__round_or_most(thalnet__times_or_most(rows, reader->context), 16);
}

size_t thalnet__read_scratch(const thalnet__reader *reader, size_t rows) {
  size_t most = 0;
  if (reader->parts == NULL) return reader->kind->scratch(reader, rows);
  for (size_t i = 0; i < reader->part_count; i++)
    most = thalnet__max(most, reader->kind->scratch(&reader->parts[i], rows));
  return thalnet__sum_or_most(thalnet__contexts_room(reader, rows), most);
}

/* The reading of a part, whose scratch lies behind the contexts. */
static thalnet__reading thalnet__part_reading(const thalnet__reader *reader, const thalnet__reading *reading) {
  thalnet__reading inner = *reading;
  inner.scratch += thalnet__contexts_room(reader, reading->rows);
  return inner;
}

/* --- forward --- */

static void thalnet__add_gated(const thalnet__reading *reading, const thalnet__reader *part, const real *made,
                               real *context, size_t ld) {
  const real *gate = reading->parameters + part->gate;
  for (size_t r = 0; r < reading->rows; r++)
    for (size_t j = 0; j < part->context; j++) context[r * ld + j] += gate[j] * made[r * part->context + j];
}

void thalnet__read(const thalnet__reader *reader, const thalnet__reading *reading, real *context, size_t ld) {
  if (reader->parts == NULL) {
    reader->kind->forward(reader, reading, context, ld);
    return;
  }
  const thalnet__reading inner = thalnet__part_reading(reader, reading);
  for (size_t r = 0; r < reading->rows && thalnet__has_gate(&reader->parts[0]); r++)
    memset(context + r * ld, 0, reader->context * sizeof *context);
  for (size_t i = 0; i < reader->part_count; i++) {
    const thalnet__reader *part = &reader->parts[i];
    if (!thalnet__has_gate(part)) {
      part->kind->forward(part, &inner, context, ld);
      continue;
    }
    part->kind->forward(part, &inner, reading->scratch, part->context);
    thalnet__add_gated(reading, part, reading->scratch, context, ld);
  }
}

/* --- back --- */

/* The gate's gradient out of the part's contexts, in the place of which are then their gradients. */
static void thalnet__gate_back(const thalnet__reading *reading, const thalnet__reader *part,
                               thalnet__const_rows d_context, real *made, real *d_gate) {
  const real *gate = reading->parameters + part->gate;
  for (size_t r = 0; r < reading->rows; r++) {
    const real *d = d_context.at + r * d_context.ld;
    real *own = made + r * part->context;
    for (size_t j = 0; j < part->context; j++) {
      if (!THALNET__FAULT(GATES)) d_gate[j] += d[j] * own[j];
      own[j] = gate[j] * d[j];
    }
  }
}

void thalnet__read_back(const thalnet__reader *reader, const thalnet__reading *reading, thalnet__const_rows d_context,
                        const thalnet__reading_gradient *to) {
  if (reader->parts == NULL) {
    reader->kind->backward(reader, reading, d_context, to);
    return;
  }
  const thalnet__reading inner = thalnet__part_reading(reader, reading);
  for (size_t i = 0; i < reader->part_count; i++) {
    const thalnet__reader *part = &reader->parts[i];
    thalnet__const_rows d = d_context;
    if (thalnet__has_gate(part)) {
      part->kind->forward(part, &inner, reading->scratch, part->context);
      thalnet__gate_back(reading, part, d_context, reading->scratch, to->parameters + part->gate);
      d = (thalnet__const_rows){reading->scratch, part->context};
    }
    part->kind->backward(part, &inner, d, to);
  }
}

/* --- weights --- */

/* Where among the columns of the whole reader a column of the center is. */
static size_t thalnet__whole_column(const thalnet__reader *reader, size_t column) {
  return column - (reader->skip_own && column > reader->offset ? reader->features : 0);
}

/* A part's weights [C, its own seen] to their columns. */
static void thalnet__spread_weights(const thalnet__reader *reader, const thalnet__reader *part, const real *gate,
                                    const real *weights, real *matrix) {
  for (size_t s = 0; s < part->slice_count; s++) {
    const thalnet__columns slice = part->slices[s];
    if (slice.count == 0) continue;
    const size_t column = thalnet__whole_column(reader, slice.from + slice.gap);
    for (size_t j = 0; j < reader->context; j++)
      for (size_t k = 0; k < slice.count; k++)
        matrix[j * reader->seen + column + k] = (gate == NULL ? 1 : gate[j]) * weights[j * part->seen + slice.from + k];
  }
}

void thalnet__read_weights(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, real *room,
                           real *matrix) {
  if (reader->parts == NULL) {
    reader->kind->weights(reader, reading, row, matrix);
    return;
  }
  const thalnet__reading inner = thalnet__part_reading(reader, reading);
  for (size_t i = 0; i < reader->part_count; i++) {
    const thalnet__reader *part = &reader->parts[i];
    part->kind->weights(part, &inner, row, room);
    thalnet__spread_weights(reader, part, thalnet__has_gate(part) ? reading->parameters + part->gate : NULL, room,
                            matrix);
  }
}
