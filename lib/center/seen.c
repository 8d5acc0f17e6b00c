/* SPDX-License-Identifier: MIT */
/* Readers with two sides: their weights have columns for what is before their own module's slice, and for what is behind it.
 * Some leave the slice itself out; of modules that go in order the first side is newer than the other. */
#include <string.h>

#include "center/reader.h"
#include "core/fault.h"

thalnet__columns thalnet__seen_columns(const thalnet__reader *reader, int side) {
  const size_t before = thalnet__reads_two_sides(reader) ? reader->offset : reader->center;
  if (side == 0) return (thalnet__columns){.count = before};
  return (thalnet__columns){
      .from = before, .count = reader->seen - before, .gap = reader->skip_own ? reader->features : 0};
}

const real *thalnet__seen(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, size_t rows,
                          real *copies) {
  if (!thalnet__reads_two_sides(reader)) return reading->phi + row * reader->center;
  for (int side = 0; side < 2; side++) {
    const thalnet__columns columns = thalnet__seen_columns(reader, side);
    const real *center = (side == 0 ? reading->newer : reading->phi) + row * reader->center;
    for (size_t r = 0; r < rows; r++)
      memcpy(copies + r * reader->seen + columns.from, center + r * reader->center + columns.from + columns.gap,
             columns.count * sizeof *copies);
  }
  return copies;
}

void thalnet__seen_gradient(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, size_t rows,
                            const real *d_copies, const thalnet__reading_gradient *to) {
  for (int side = 0; side < 2; side++) {
    const thalnet__columns columns = thalnet__seen_columns(reader, side);
    real *center = (side == 0 ? to->newer : to->phi) + row * reader->center;
    if (THALNET__FAULT(SKIP_OWN) && side == 1 && reader->skip_own) continue;
    if (THALNET__FAULT(IN_ORDER) && side == 0 && reader->in_order) continue;
    for (size_t r = 0; r < rows; r++)
      reading->kernels->add(columns.count, d_copies + r * reader->seen + columns.from,
                            center + r * reader->center + columns.from + columns.gap);
  }
}
