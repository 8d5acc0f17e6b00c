/* SPDX-License-Identifier: MIT */
/* Readers with two sides: their weights have columns for what is before their own module's slice, and for what is behind it.
 * Some leave the slice itself out; of modules that go in order the first side is newer than the other. Parts of readers see pieces
 * of many slices. */
#include <string.h>

#include "center/reader.h"
#include "core/fault.h"

thalnet__columns thalnet__seen_columns(const thalnet__reader *reader, int side) {
  const size_t before = thalnet__reads_two_sides(reader) ? reader->offset : reader->center;
  if (side == 0) return (thalnet__columns){.count = before};
  return (thalnet__columns){
      .from = before, .count = reader->seen - before, .gap = reader->skip_own ? reader->features : 0};
}

/* A dynamic reader's columns come in pieces: two sides, or of a part what it sees of every slice. */
static size_t thalnet__seen_pieces(const thalnet__reader *reader) {
  return reader->slices == NULL ? 2 : reader->slice_count;
}

static thalnet__columns thalnet__seen_piece(const thalnet__reader *reader, size_t i) {
  return reader->slices == NULL ? thalnet__seen_columns(reader, (int)i) : reader->slices[i];
}

/* Pieces before its own slice are of the newer center. */
static int thalnet__is_before(const thalnet__reader *reader, thalnet__columns piece) {
  return piece.from + piece.gap < reader->offset;
}

const real *thalnet__seen(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, size_t rows,
                          real *copies) {
  if (!thalnet__copies_seen(reader)) return reading->phi + row * reader->center;
  for (size_t i = 0; i < thalnet__seen_pieces(reader); i++) {
    const thalnet__columns piece = thalnet__seen_piece(reader, i);
    const real *center = thalnet__is_before(reader, piece) ? reading->newer : reading->phi;
    for (size_t r = 0; r < rows && piece.count > 0; r++)
      memcpy(copies + r * reader->seen + piece.from, center + (row + r) * reader->center + piece.from + piece.gap,
             piece.count * sizeof *copies);
  }
  return copies;
}

void thalnet__seen_gradient(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, size_t rows,
                            const real *d_copies, const thalnet__reading_gradient *to) {
  if (THALNET__FAULT(PARTS) && reader->number > 0) return;
  for (size_t i = 0; i < thalnet__seen_pieces(reader); i++) {
    const thalnet__columns piece = thalnet__seen_piece(reader, i);
    const int before = thalnet__is_before(reader, piece);
    real *center = before ? to->newer : to->phi;
    if (THALNET__FAULT(SKIP_OWN) && !before && reader->skip_own) continue;
    if (THALNET__FAULT(IN_ORDER) && before && reader->in_order) continue;
    for (size_t r = 0; r < rows && piece.count > 0; r++)
      reading->kernels->add(piece.count, d_copies + r * reader->seen + piece.from,
                            center + (row + r) * reader->center + piece.from + piece.gap);
  }
}
