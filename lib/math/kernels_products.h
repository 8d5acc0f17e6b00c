/* SPDX-License-Identifier: MIT */
/* Matrix products in tiles: up to THALNET__V_ROWS rows of A times one panel of B, two vectors wide, with all sums in registers.
 * Every element of C is one chain of multiply-adds over k in rising order, whatever tile it falls into: its bits depend neither
 * on the number of rows nor on which columns are asked for. Part of kernels_body.h. */
#if defined(THALNET__TILES) && !defined(THALNET__V_SCALAR) && !defined(THALNET_LIBRARY_PRODUCTS)
#define THALNET__HAS_PRODUCTS 1

#if defined(__aarch64__) && !defined(__clang__)
/* GCC would load values for the next step early, and run out of registers. */
#define THALNET__FENCE __asm__ volatile("")
#else
#define THALNET__FENCE (void)0
#endif

enum {
  THALNET__PANEL = 2 * THALNET__V_WIDTH,
  THALNET__DEPTH = 512,                  /* of k in one pass: rows of A and a panel of B stay in the caches */
  THALNET__GROUP = 16 * THALNET__V_ROWS, /* rows of one pass, for the same reason */
};

/* One tile: `rows` x (`panels` x `vectors` vectors); the three are constants wherever this is expanded. B is read in parts of
 * vectors where it is somebody's matrix and not packed panels. */
THALNET__INLINE void THALNET__KERNEL(tile)(const size_t rows, const size_t panels, const size_t vectors,
                                           const int packed, size_t depth, const real *a, size_t a_row, size_t a_step,
                                           const real *b, size_t b_step, size_t b_panel, real *c, size_t c_row,
                                           thalnet__v_part last, int accumulate) {
  thalnet__v sum[14][8];
  const size_t all = panels * vectors;
  THALNET__UNROLL
  for (size_t i = 0; i < rows; i++) {
    THALNET__UNROLL
    for (size_t j = 0; j < all; j++) {
      sum[i][j] = thalnet__v_set(0);
      if (accumulate) __builtin_prefetch(c + i * c_row + j * THALNET__V_WIDTH, 1); /* wanted at the end */
    }
  }
  for (size_t k = 0; k < depth; k++) {
    thalnet__v w[8];
    THALNET__UNROLL
    for (size_t j = 0; j < all; j++) {
      const real *from = b + j / vectors * b_panel + j % vectors * THALNET__V_WIDTH;
      w[j] = packed || j + 1 < all ? thalnet__v_load(from) : thalnet__v_load_part(from, last);
    }
    THALNET__UNROLL
    for (size_t i = 0; i < rows; i++) {
      const thalnet__v x = thalnet__v_set(a[i * a_row]);
      THALNET__UNROLL
      for (size_t j = 0; j < all; j++) sum[i][j] = thalnet__v_fused(w[j], x, sum[i][j]);
    }
    if (packed) { /* panels of large matrices come from memory, in one long row */
      __builtin_prefetch(b + 24 * b_step);
      __builtin_prefetch(b + 24 * b_step + THALNET__V_WIDTH);
    }
    THALNET__FENCE;
    a += a_step;
    b += b_step;
  }
  THALNET__UNROLL
  for (size_t i = 0; i < rows; i++) {
    THALNET__UNROLL
    for (size_t j = 0; j < all; j++) {
      real *to = c + i * c_row + j * THALNET__V_WIDTH;
      const thalnet__v_part part = j + 1 == all ? last : thalnet__v_first(THALNET__V_WIDTH);
      if (accumulate) sum[i][j] += thalnet__v_load_part(to, part);
      thalnet__v_store_part(to, sum[i][j], part);
    }
  }
}

typedef void thalnet__tile(size_t depth, const thalnet__product *product, const real *a, const real *b, real *c,
                           thalnet__v_part last, int accumulate);

/* Rows of A with weights in packed panels; and columns of A (a_row is 1) with any B. */
#define THALNET__TILE(rows, panels, vectors)                                                                           \
  static void THALNET__KERNEL(tile_##rows##_##panels##_##vectors)(size_t depth, const thalnet__product *p,             \
                                                                  const real *a, const real *b, real *c,               \
                                                                  thalnet__v_part last, int accumulate) {              \
    THALNET__KERNEL(tile)                                                                                              \
    (rows, panels, vectors, 1, depth, a, p->a_row, 1, b,                                                               \
     vectors * THALNET__V_WIDTH < THALNET__PANEL ? p->b_step : THALNET__PANEL, p->b_panel, c, p->c_row, last,          \
     accumulate);                                                                                                      \
  }
#define THALNET__TRANSPOSED(rows, panels, vectors)                                                                     \
  static void THALNET__KERNEL(transposed_##rows##_##panels##_##vectors)(size_t depth, const thalnet__product *p,       \
                                                                        const real *a, const real *b, real *c,         \
                                                                        thalnet__v_part last, int accumulate) {        \
    THALNET__KERNEL(tile)                                                                                              \
    (rows, panels, vectors, 0, depth, a, 1, p->a_step, b, p->b_step, 0, c, p->c_row, last, accumulate);                \
  }

#define THALNET__EACH_6(make, panels, vectors)                                                                         \
  make(1, panels, vectors) make(2, panels, vectors) make(3, panels, vectors) make(4, panels, vectors)                  \
      make(5, panels, vectors) make(6, panels, vectors)
#define THALNET__EACH_12(make, panels, vectors)                                                                        \
  THALNET__EACH_6(make, panels, vectors)                                                                               \
  make(7, panels, vectors) make(8, panels, vectors) make(9, panels, vectors) make(10, panels, vectors)                 \
      make(11, panels, vectors) make(12, panels, vectors)
#define THALNET__EACH_14(make, panels, vectors)                                                                        \
  THALNET__EACH_12(make, panels, vectors) make(13, panels, vectors) make(14, panels, vectors)
#define THALNET__EACH_OF(count, make, panels, vectors) THALNET__EACH_##count(make, panels, vectors)
#define THALNET__EACH_ROWS(count, make, panels, vectors) THALNET__EACH_OF(count, make, panels, vectors)

THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__TILE, 1, 1)
THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__TILE, 1, 2)
THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__TRANSPOSED, 1, 1)
THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__TRANSPOSED, 1, 2)
/* few rows: several panels at once, or every addition would wait for the one before */
THALNET__TILE(1, 2, 2)
THALNET__TILE(1, 3, 2)
THALNET__TILE(1, 4, 2)
THALNET__TILE(2, 2, 2)
THALNET__TILE(3, 2, 2)

#define THALNET__NAME_TILE(rows, panels, vectors) THALNET__KERNEL(tile_##rows##_##panels##_##vectors),
#define THALNET__NAME_TRANSPOSED(rows, panels, vectors) THALNET__KERNEL(transposed_##rows##_##panels##_##vectors),
static thalnet__tile *const THALNET__KERNEL(tiles)[2][THALNET__V_ROWS] = {
    {THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__NAME_TILE, 1, 1)},
    {THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__NAME_TILE, 1, 2)}};
static thalnet__tile *const THALNET__KERNEL(transposed)[2][THALNET__V_ROWS] = {
    {THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__NAME_TRANSPOSED, 1, 1)},
    {THALNET__EACH_ROWS(THALNET__V_ROWS, THALNET__NAME_TRANSPOSED, 1, 2)}};
/* [rows - 1][panels - 1] */
static thalnet__tile *const THALNET__KERNEL(few)[3][4] = {{THALNET__KERNEL(tile_1_1_2), THALNET__KERNEL(tile_1_2_2),
                                                           THALNET__KERNEL(tile_1_3_2), THALNET__KERNEL(tile_1_4_2)},
                                                          {THALNET__KERNEL(tile_2_1_2), THALNET__KERNEL(tile_2_2_2)},
                                                          {THALNET__KERNEL(tile_3_1_2), THALNET__KERNEL(tile_3_2_2)}};

/* Rows in tiles of about equal heights: the first `extra` ones are a row higher. */
typedef struct THALNET__KERNEL(heights) {
  size_t count, height, extra;
} THALNET__KERNEL(heights);

static inline THALNET__KERNEL(heights) THALNET__KERNEL(cut_rows)(size_t rows) {
  const uint32_t count = ((uint32_t)rows + THALNET__V_ROWS - 1) / THALNET__V_ROWS; /* rows is small, or checked */
  const uint32_t height = count == 0 ? 0 : (uint32_t)rows / count;
  return (THALNET__KERNEL(heights)){count, height, rows - (size_t)count * height};
}

/* Rows times one panel of at most two vectors. */
static void THALNET__KERNEL(panel)(thalnet__tile *const tiles[2][THALNET__V_ROWS], const thalnet__product *p,
                                   THALNET__KERNEL(heights) rows, size_t columns, size_t depth, const real *a,
                                   const real *b, real *c, int accumulate) {
  const size_t vectors = columns > THALNET__V_WIDTH ? 2 : 1;
  const thalnet__v_part last = thalnet__v_first(columns - (vectors - 1) * THALNET__V_WIDTH);
  for (size_t tile = 0; tile < rows.count; tile++) {
    const size_t count = rows.height + (tile < rows.extra);
    thalnet__tile *const compute = tiles[vectors - 1][count - 1];
    compute(depth, p, a, b, c, last, accumulate);
    a += count * p->a_row;
    c += count * p->c_row;
  }
}

/* All columns of a group of rows at one depth. */
static void THALNET__KERNEL(columns)(const thalnet__product *p, size_t rows, size_t depth, const real *a, const real *b,
                                     real *c, int accumulate) {
  const THALNET__KERNEL(heights) heights = THALNET__KERNEL(cut_rows)(rows);
  size_t column = 0;
  if (rows <= 3) { /* whole panels */
    const size_t most = rows == 1 ? 4 : 2;
    for (size_t left = p->columns / THALNET__PANEL, panels; left > 0; left -= panels) {
      panels = left < most ? left : most;
      thalnet__tile *const tile = THALNET__KERNEL(few)[rows - 1][panels - 1];
      tile(depth, p, a, b, c + column, thalnet__v_first(THALNET__V_WIDTH), accumulate);
      column += panels * THALNET__PANEL;
      b += panels * p->b_panel;
    }
  }
  for (; column < p->columns; column += THALNET__PANEL, b += p->b_panel) {
    const size_t count = p->columns - column < THALNET__PANEL ? p->columns - column : THALNET__PANEL;
    THALNET__KERNEL(panel)(THALNET__KERNEL(tiles), p, heights, count, depth, a, b, c + column, accumulate);
  }
}

static void THALNET__KERNEL(multiply)(const thalnet__product *p) {
  const size_t passes = p->depth == 0 ? 1 : (p->depth + THALNET__DEPTH - 1) / THALNET__DEPTH;
  for (size_t row = 0; row < p->rows; row += THALNET__GROUP) {
    const size_t rows = p->rows - row < THALNET__GROUP ? p->rows - row : THALNET__GROUP;
    for (size_t k = 0, left = passes; left > 0; left--) {
      const size_t depth = left == 1 ? p->depth - k : (p->depth - k + left - 1) / left;
      THALNET__KERNEL(columns)
      (p, rows, depth, p->a + row * p->a_row + k, p->b + k * p->b_step, p->c + row * p->c_row, p->accumulate || k > 0);
      k += depth;
    }
  }
}

/* --- C += A^T B over the rows of both: weight gradients --- */

enum { THALNET__TRANSPOSED_DEPTH = THALNET__DEPTH / 2 };

/* A copy of `count` columns, row after row. */
static void THALNET__KERNEL(gather)(size_t depth, size_t count, const real *from, size_t step, real *to,
                                    size_t to_step) {
  for (size_t k = 0; k < depth; k++, from += step, to += to_step)
    for (size_t at = 0; at < count; at += THALNET__V_WIDTH)
      thalnet__v_store_part(to + at, thalnet__v_load_part(from + at, thalnet__v_first(count - at)),
                            thalnet__v_first(count - at));
}

/* Small matrices are used where they lie. */
static void THALNET__KERNEL(transposed_pass)(const thalnet__product *p, size_t k, size_t depth) {
  const THALNET__KERNEL(heights) heights = THALNET__KERNEL(cut_rows)(p->rows);
  for (size_t column = 0; column < p->columns; column += THALNET__PANEL) {
    const size_t count = p->columns - column < THALNET__PANEL ? p->columns - column : THALNET__PANEL;
    THALNET__KERNEL(panel)
    (THALNET__KERNEL(transposed), p, heights, count, depth, p->a + k * p->a_step, p->b + k * p->b_step + column,
     p->c + column, p->accumulate || k > 0);
  }
}

/* In large ones the next row is on another page: strips of A and panels of B are copied first, and used many times. */
static void THALNET__KERNEL(transposed_copies)(const thalnet__product *p, size_t k, size_t depth) {
  real *strips = p->scratch, *panel = p->scratch + THALNET__TRANSPOSED_DEPTH * THALNET__GROUP;
  const thalnet__product copies = {.a_step = THALNET__V_ROWS, .b_step = THALNET__PANEL, .c_row = p->c_row};
  for (size_t row = 0; row < p->rows; row += THALNET__GROUP) {
    const size_t rows = p->rows - row < THALNET__GROUP ? p->rows - row : THALNET__GROUP;
    for (size_t at = 0; at < rows; at += THALNET__V_ROWS) THALNET__KERNEL(gather)
    (depth, rows - at < THALNET__V_ROWS ? rows - at : THALNET__V_ROWS, p->a + k * p->a_step + row + at, p->a_step,
     strips + at * depth, THALNET__V_ROWS);
    for (size_t column = 0; column < p->columns; column += THALNET__PANEL) {
      const size_t count = p->columns - column < THALNET__PANEL ? p->columns - column : THALNET__PANEL;
      const size_t vectors = count > THALNET__V_WIDTH ? 2 : 1;
      const thalnet__v_part last = thalnet__v_first(count - (vectors - 1) * THALNET__V_WIDTH);
      THALNET__KERNEL(gather)(depth, count, p->b + k * p->b_step + column, p->b_step, panel, THALNET__PANEL);
      for (size_t at = 0; at < rows; at += THALNET__V_ROWS) {
        const size_t height = rows - at < THALNET__V_ROWS ? rows - at : THALNET__V_ROWS;
        thalnet__tile *const tile = THALNET__KERNEL(transposed)[vectors - 1][height - 1];
        tile(depth, &copies, strips + at * depth, panel, p->c + (row + at) * p->c_row + column, last,
             p->accumulate || k > 0);
      }
    }
  }
}

static void THALNET__KERNEL(multiply_transposed)(const thalnet__product *p) {
  const size_t passes = p->depth == 0 ? 1 : (p->depth + THALNET__TRANSPOSED_DEPTH - 1) / THALNET__TRANSPOSED_DEPTH;
  const int copies =
      p->scratch != NULL && p->columns >= 2 * THALNET__PANEL && p->rows * p->columns >= THALNET__PRODUCT_LARGE;
  for (size_t k = 0, left = passes; left > 0; left--) {
    const size_t depth = left == 1 ? p->depth - k : (p->depth - k + left - 1) / left;
    if (copies)
      THALNET__KERNEL(transposed_copies)(p, k, depth);
    else
      THALNET__KERNEL(transposed_pass)(p, k, depth);
    k += depth;
  }
}

#endif
