/* SPDX-License-Identifier: MIT */
/* Readers that leave their own module's slice out: their weights have columns for what is before and what is behind it. */
#include <string.h>

#include "center/reader.h"
#include "core/fault.h"

thalnet__columns thalnet__seen_columns(const thalnet__reader *reader, int side) {
  const size_t before = reader->skip_own ? reader->offset : reader->center;
  if (side == 0) return (thalnet__columns){.count = before};
  return (thalnet__columns){.from = before, .count = reader->seen - before, .gap = reader->features};
}

const real *thalnet__seen(const thalnet__reader *reader, size_t rows, const real *phi, real *copies) {
  if (!reader->skip_own) return phi;
  for (int side = 0; side < 2; side++) {
    const thalnet__columns columns = thalnet__seen_columns(reader, side);
    for (size_t r = 0; r < rows; r++)
      memcpy(copies + r * reader->seen + columns.from, phi + r * reader->center + columns.from + columns.gap,
             columns.count * sizeof *copies);
  }
  return copies;
}

void thalnet__seen_gradient(const thalnet__reader *reader, const thalnet__kernels *kernels, size_t rows,
                            const real *d_copies, real *d_phi) {
  for (int side = 0; side < (THALNET__FAULT(SKIP_OWN) ? 1 : 2); side++) {
    const thalnet__columns columns = thalnet__seen_columns(reader, side);
    for (size_t r = 0; r < rows; r++)
      kernels->add(columns.count, d_copies + r * reader->seen + columns.from,
                   d_phi + r * reader->center + columns.from + columns.gap);
  }
}
