/* SPDX-License-Identifier: MIT */
/* Dynamic readers in parts. A softmax or Gaussian reader that has learned cannot take new columns in without changing what it
 * makes of the others: all share one normaliser, or one row of places. So an edit (network/edit.h) that brings new features gives it one
 * more part, a reader of the same kind over these columns alone, and a gate [C] that starts at 0:
 *
 *   c_j = r_0(Phi, phi)_j + sum over the parts k = 1, 2, ... of gate_kj r_k(Phi, phi)_j
 *
 * which is exactly what it was, and learns, because the gates' gradients, dc_j r_k(Phi, phi)_j, are not 0. Part 0 goes when all that
 * it saw was removed; the others keep their gates. Kinds of readers know nothing of parts: to them every part is a reader.
 *
 * A reader's parts are its own array; without one it is itself its only part. Fields of the whole that are described in reader.h hold
 * for parts too, but `seen`, `prepared` and `parameters`, which every part has for itself. */
#ifndef THALNET_CENTER_PARTS_H
#define THALNET_CENTER_PARTS_H

#include "center/reader.h"

static inline size_t thalnet__part_count(const thalnet__reader *reader) {
  return reader->parts == NULL ? 1 : reader->part_count;
}
static inline const thalnet__reader *thalnet__part_at(const thalnet__reader *reader, size_t i) {
  return reader->parts == NULL ? reader : &reader->parts[i];
}
/* The one of that number, which is there. */
static inline const thalnet__reader *thalnet__part_numbered(const thalnet__reader *reader, size_t number) {
  return reader->parts == NULL ? reader : &reader->parts[number - reader->parts[0].number];
}
static inline int thalnet__has_gate(const thalnet__reader *part) { return part->number > 0; }

/* As the kind's own calls, for readers that may have parts. */
size_t thalnet__read_scratch(const thalnet__reader *reader, size_t rows);
void thalnet__read(const thalnet__reader *reader, const thalnet__reading *reading, real *context, size_t ld);
void thalnet__read_back(const thalnet__reader *reader, const thalnet__reading *reading, thalnet__const_rows d_context,
                        const thalnet__reading_gradient *to);
/* The matrix [C, seen] has the gates in it. room: as large, where the reader has parts. */
void thalnet__read_weights(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, real *room,
                           real *matrix);

#endif
