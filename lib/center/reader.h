/* SPDX-License-Identifier: MIT */
/* A module's reading mechanism. Static readers have an effective matrix [context, center], scale * W, that changes only with the
 * parameters; the network multiplies those of all modules at once, unless they go in order. Dynamic readers compute their weights at every step from
 * the module's own previous features. Mathematics: docs/design.md; API: thalnet/reader.h. */
#ifndef THALNET_CENTER_READER_H
#define THALNET_CENTER_READER_H

#include <stddef.h>
#include <stdint.h>

#include "core/axis.h"
#include "core/real.h"
#include "math/kernels.h"
#include "math/matrix.h"

typedef struct thalnet__reader_kind thalnet__reader_kind;

/* The columns from `from` on that a reader reads: in the center they begin `gap` columns later. */
typedef struct thalnet__columns {
  size_t from, count, gap;
} thalnet__columns;

typedef struct thalnet__reader {
  const thalnet__reader_kind *kind; /* NULL: the module has no reader */
  size_t context;                   /* C */
  int skip_own;                     /* its own module's features are left out of what it reads */
  int in_order;                     /* it reads what the modules before its own have written in the same step */
  size_t center;                    /* P */
  size_t features;                  /* F of the reader's own module */
  size_t offset;                    /* where they start in the center */
  size_t seen;                      /* columns of the center that it reads: P, or P - F without its own */
  size_t column;                    /* where its context starts in a row of all contexts */
  real gain;                        /* static: what they start with is multiplied with it; 0: with 1 */
  size_t prepared;                  /* dynamic readers: place of their matrices in the prepared block */
  int frozen;                       /* nobody wants the gradients of its parameters */
  double scale;                     /* static: what the weights are multiplied with, by the present parameters */
  thalnet__matrix sides[2];         /* static, in order: its effective matrix in two, as thalnet__seen_columns has it */
  size_t parameters[4];             /* places of its tensors in the parameter block, in the order of the model file */
  /* Dynamic readers of networks that were edited (center/parts.h). */
  struct thalnet__reader *parts; /* that it is made of; NULL: it is whole */
  size_t part_count;
  thalnet__columns *slices; /* of a part: what it sees of every module's slice, in their order; else NULL */
  size_t slice_count;
  size_t number; /* of a part, ascending; number 0 has no gate */
  size_t origin; /* of a part: its number in the network that was edited, SIZE_MAX: it is new */
  size_t gate;   /* of a part: place of its gate */
} thalnet__reader;

/* One step of a dynamic reader over `rows` sequences. phi: the previous center [rows, P], dense, as it is read; newer: where
 * modules before its own have their features, which in order is the center that the step is about to make, else phi; own: the
 * previous center for its own module's features, which differs by dropout alone: a module does not see that in its own. */
typedef struct thalnet__reading {
  const thalnet__kernels *kernels;
  const real *parameters;
  const real *prepared;
  size_t rows;
  const real *phi, *newer, *own;
  real *scratch;         /* scratch(reader, rows) */
  real *product_scratch; /* of thalnet__multiply_gradient */
} thalnet__reading;

/* Where a reader adds its gradients: phi, newer and own as in thalnet__reading; they may be one array. */
typedef struct thalnet__reading_gradient {
  real *phi, *newer, *own;
  real *parameters;
} thalnet__reading_gradient;

typedef struct thalnet__reader_tensor {
  const char *name;
  thalnet__shape shape;
} thalnet__reader_tensor;

struct thalnet__reader_kind {
  const char *name; /* as in the model file */
  int32_t number;   /* THALNET_LINEAR and so on */
  int normalize;    /* the Gaussian's option */
  int tensors;
  /* Describes tensor i; needs context, seen and features only. */
  void (*tensor)(const thalnet__reader *reader, int i, thalnet__reader_tensor *tensor);
  /* Makes initial values out of uniform numbers in [-1, 1) that the tensor already holds. */
  void (*initialize)(const thalnet__reader *reader, real *parameters);

  /* Static readers, else NULL. */
  /* The number that the weights [C, seen] are multiplied with to read the center; -1 where there is none (a norm of 0). In
   * double: it may be too large for a float where no element of the product is. */
  int (*scale)(const thalnet__reader *reader, const real *parameters, double *scale);
  /* Turns the gradient of the effective matrix, which is in the place of `weight`, into those of the parameters. */
  void (*effective_gradient)(const thalnet__reader *reader, const real *parameters, real *gradients);

  /* Dynamic readers, else NULL. */
  /* Numbers of the matrices that are kept in the prepared block, SIZE_MAX where they cannot be counted; and renews them. */
  size_t (*prepared)(const thalnet__reader *reader, const thalnet__kernels *kernels);
  void (*prepare)(const thalnet__reader *reader, const thalnet__kernels *kernels, const real *parameters,
                  real *prepared);
  /* Numbers of scratch for so many rows; SIZE_MAX likewise. */
  size_t (*scratch)(const thalnet__reader *reader, size_t rows);
  void (*forward)(const thalnet__reader *reader, const thalnet__reading *reading, real *context, size_t ld);
  /* Recomputes the weights. */
  void (*backward)(const thalnet__reader *reader, const thalnet__reading *reading, thalnet__const_rows d_context,
                   const thalnet__reading_gradient *to);
  /* The reading weights [C, seen] of one row, for the routing analysis. */
  void (*weights)(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, real *matrix);
};

extern const thalnet__reader_kind thalnet__linear_reader;
extern const thalnet__reader_kind thalnet__weight_norm_reader;
extern const thalnet__reader_kind thalnet__softmax_reader;
extern const thalnet__reader_kind thalnet__gaussian_reader;
extern const thalnet__reader_kind thalnet__gaussian_normalized_reader;

/* What it reads is not one piece of one center: a slice is left out, or what is before its own slice is newer. */
static inline int thalnet__reads_two_sides(const thalnet__reader *reader) {
  return reader->skip_own || reader->in_order;
}

/* Those before its own slice (side 0: all of them unless there are two sides), and the others (side 1). */
thalnet__columns thalnet__seen_columns(const thalnet__reader *reader, int side);

/* Whether a dynamic reader sees a dense copy of its columns, and not the center itself. */
static inline int thalnet__copies_seen(const thalnet__reader *reader) {
  return thalnet__reads_two_sides(reader) || reader->slices != NULL;
}

/* What a dynamic reader sees of rows from `row` on: of the center itself, or copies, [rows, seen]. */
const real *thalnet__seen(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, size_t rows,
                          real *copies);
/* Adds the gradient of such copies to that of the center. */
void thalnet__seen_gradient(const thalnet__reader *reader, const thalnet__reading *reading, size_t row, size_t rows,
                            const real *d_copies, const thalnet__reading_gradient *to);

/* By number and option, or by name; NULL: no such kind. */
const thalnet__reader_kind *thalnet__reader_find(int32_t number, int32_t normalize);
const thalnet__reader_kind *thalnet__reader_find_name(const char *name, size_t length);

#endif
