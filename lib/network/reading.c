/* SPDX-License-Identifier: MIT */
/* How the modules read the center. Where all take a step together, one product serves all static readers. In order they read one
 * by one, in two products: of the slices before their own module's, which are new, and of the others, which are not. */
#include "network/reading.h"

#include <string.h>

#include "core/fault.h"
#include "network/deal.h"
#include "network/masks.h"
#include "network/unroll.h"

/* A product that threads share, of one matrix and the values or gradients of a step. */
typedef struct thalnet__reader_product {
  const thalnet__work *work;
  const thalnet__matrix *matrix;
  size_t rows, parts;
  thalnet__const_rows from;
  int accumulate;
  thalnet__rows to;
} thalnet__reader_product;

/* The weights of a block of steps, likewise. */
typedef struct thalnet__reader_sums {
  const thalnet__work *work;
  const thalnet__segment *segment;
  size_t step, end, parts;
  real *gradients;
} thalnet__reader_sums;

thalnet__reading thalnet__describe_reading(const thalnet__work *work, const thalnet__segment *segment, size_t step) {
  const thalnet_center *net = work->net;
  const real *phi = thalnet__shown_at(net, segment, step);
  return (thalnet__reading){.kernels = net->kernels,
                            .parameters = net->parameters,
                            .prepared = net->prepared,
                            .rows = segment->rows,
                            .phi = phi,
                            .newer = net->in_order ? thalnet__shown_at(net, segment, segment->after[step]) : phi,
                            .own = thalnet__slot(net, segment, step).phi,
                            .scratch = work->reader_scratch,
                            .product_scratch = thalnet__product_scratch(work, 0)};
}

static const real *thalnet__copy_seen(const thalnet__work *work, const unsigned char *unseen, size_t rows,
                                      const real *phi, real *copy) {
  const thalnet_center *net = work->net;
  memcpy(copy, phi, rows * net->features * sizeof *copy);
  for (size_t j = 0; j < net->module_count; j++)
    for (size_t r = 0; r < rows && unseen[j]; r++)
      memset(copy + r * net->features + net->modules[j]->offset, 0, net->modules[j]->features * sizeof *copy);
  return copy;
}

/* As module m's dynamic reader sees it, which is kept from some slices when connections are cut (analysis/ablation.c). */
static thalnet__reading thalnet__seen_by(const thalnet__work *work, thalnet__reading reading, size_t m) {
  const thalnet_center *net = work->net;
  if (net->unseen == NULL) return reading;
  const unsigned char *unseen = net->unseen + m * net->module_count;
  reading.phi = thalnet__copy_seen(work, unseen, reading.rows, reading.phi, work->partly_seen);
  reading.newer = net->in_order ? thalnet__copy_seen(work, unseen, reading.rows, reading.newer,
                                                     work->partly_seen + reading.rows * net->features)
                                : reading.phi;
  return reading;
}

/* Where, in the center that it is over at a step, a side of a reader begins. */
static thalnet__const_rows thalnet__side(const thalnet_center *net, const thalnet__segment *segment, size_t step,
                                         const thalnet__reader *reader, int side) {
  const thalnet__columns columns = thalnet__seen_columns(reader, side);
  const size_t slot = reader->in_order && side == 0 ? segment->after[step] : step;
  return (thalnet__const_rows){thalnet__shown_at(net, segment, slot) + columns.from + columns.gap, net->features};
}

/* Dealt in as many parts as it is worth: by columns of the result, so many. */
static void thalnet__deal_product(thalnet__reader_product *product, thalnet__deal_task *task, size_t columns) {
  product->parts = thalnet__in_parts(product->work) ? thalnet__column_parts(columns) : 1;
  thalnet__deal(product->work, task, product, product->parts);
}

/* --- forward --- */

static thalnet__rows thalnet__contexts(const thalnet_center *net, const thalnet__segment *segment, size_t step,
                                       size_t column) {
  return (thalnet__rows){segment->contexts + step * segment->rows * net->contexts + column, net->contexts};
}

static void thalnet__read_part(void *argument, size_t index, size_t worker) {
  const thalnet__reader_product *product = argument;
  const thalnet_center *net = product->work->net;
  (void)worker;
  thalnet__matrix_forward(net->kernels, product->matrix, net->prepared, product->rows, product->from,
                          product->accumulate, product->to, (thalnet__part){index, product->parts});
}

static void thalnet__read_sides(thalnet__work *work, const thalnet__segment *segment, size_t step,
                                const thalnet__reader *reader) {
  thalnet__reader_product product = {.work = work, .rows = segment->rows};
  product.to = thalnet__contexts(work->net, segment, step, reader->column);
  for (int side = 0; side < 2; side++) {
    product.matrix = &reader->sides[side];
    product.from = thalnet__side(work->net, segment, step, reader, side);
    if (product.matrix->inputs == 0) continue;
    thalnet__deal_product(&product, thalnet__read_part, reader->context);
    product.accumulate = 1;
  }
}

void thalnet__read_center(thalnet__work *work, thalnet__segment *segment, size_t step, thalnet__range modules) {
  const thalnet_center *net = work->net;
  const thalnet__reading reading = thalnet__describe_reading(work, segment, step);
  thalnet__reader_product all = {.work = work, .matrix = &net->readers, .rows = segment->rows};
  all.from = (thalnet__const_rows){reading.phi, net->features};
  all.to = thalnet__contexts(net, segment, step, 0);
  if (net->readers.outputs > 0) thalnet__deal_product(&all, thalnet__read_part, net->static_contexts);
  for (size_t m = modules.first; m < modules.first + modules.count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL) continue;
    const thalnet__rows context = thalnet__contexts(net, segment, step, reader->column);
    if (!thalnet__is_static(reader)) {
      const thalnet__reading seen = thalnet__seen_by(work, reading, m);
      thalnet__read(reader, &seen, context.at, context.ld);
    } else if (net->in_order)
      thalnet__read_sides(work, segment, step, reader);
  }
}

/* --- back --- */

thalnet__rows thalnet__context_gradients(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                         size_t column) {
  const size_t contexts = work->net->contexts;
  return (thalnet__rows){segment->d_contexts + step % segment->block * segment->rows * contexts + column, contexts};
}

static void thalnet__read_back_part(void *argument, size_t index, size_t worker) {
  const thalnet__reader_product *product = argument;
  const thalnet_center *net = product->work->net;
  (void)worker;
  thalnet__matrix_backward(net->kernels, product->matrix, net->prepared, product->rows, product->from, 1, product->to,
                           (thalnet__part){index, product->parts});
}

static void thalnet__sides_back(thalnet__work *work, const thalnet__segment *segment, thalnet__const_rows d_context,
                                const thalnet__reader *reader, const thalnet__reading_gradient *to) {
  thalnet__reader_product product = {.work = work, .rows = segment->rows, .from = d_context};
  for (int side = THALNET__FAULT(IN_ORDER) ? 1 : 0; side < 2; side++) {
    const thalnet__columns columns = thalnet__seen_columns(reader, side);
    product.matrix = &reader->sides[side];
    product.to = (thalnet__rows){(side == 0 ? to->newer : to->phi) + columns.from + columns.gap, reader->center};
    if (columns.count > 0) thalnet__deal_product(&product, thalnet__read_back_part, columns.count);
  }
}

void thalnet__read_center_back(thalnet__work *work, thalnet__segment *segment, size_t step, thalnet__range modules,
                               real *gradients) {
  const thalnet_center *net = work->net;
  const thalnet__reading reading = thalnet__describe_reading(work, segment, step);
  thalnet__reading_gradient to = {.own = work->d_before.phi, .parameters = gradients};
  to.phi = thalnet__shown_gradient(work->d_shown, work->d_before.phi);
  to.newer = net->in_order ? thalnet__shown_gradient(work->d_newer, work->d_after.phi) : to.phi;
  thalnet__reader_product all = {.work = work, .matrix = &net->readers, .rows = segment->rows};
  all.from = thalnet__const_view(thalnet__context_gradients(work, segment, step, 0));
  all.to = (thalnet__rows){to.phi, net->features};
  if (net->readers.outputs > 0) thalnet__deal_product(&all, thalnet__read_back_part, net->features);
  for (size_t m = modules.first; m < modules.first + modules.count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL) continue;
    const thalnet__const_rows d_context =
        thalnet__const_view(thalnet__context_gradients(work, segment, step, reader->column));
    if (!thalnet__is_static(reader))
      thalnet__read_back(reader, &reading, d_context, &to);
    else if (net->in_order)
      thalnet__sides_back(work, segment, d_context, reader, &to);
  }
}

/* --- weight gradients of a block of steps --- */

/* A center after a step may lie in a slot of its own, so what is newer comes in runs. */
static void thalnet__side_sums(const thalnet__reader_sums *sums, const thalnet__reader *reader, int side,
                               thalnet__part part, size_t worker) {
  const thalnet_center *net = sums->work->net;
  const thalnet__columns columns = thalnet__seen_columns(reader, side);
  const int newer = reader->in_order && side == 0;
  for (size_t step = sums->step, run; step < sums->end && columns.count > 0; step += run) {
    run = newer ? thalnet__after_run(sums->segment, step, sums->end) : sums->end - step;
    const thalnet__rows d_context = thalnet__context_gradients(sums->work, sums->segment, step, reader->column);
    thalnet__multiply_gradient(net->kernels, reader->context, columns.count, run * sums->segment->rows,
                               thalnet__const_view(d_context), thalnet__side(net, sums->segment, step, reader, side),
                               sums->gradients + reader->parameters[0] + columns.from, reader->seen,
                               thalnet__product_scratch(sums->work, worker), part);
  }
}

static void thalnet__reader_sums_part(void *argument, size_t index, size_t worker) {
  const thalnet__reader_sums *sums = argument;
  const thalnet__reader *reader = &sums->work->net->modules[index / sums->parts]->reader.reading;
  if (reader->kind == NULL || !thalnet__is_static(reader) || reader->frozen) return;
  for (int side = 0; side < (THALNET__FAULT(SKIP_OWN) && reader->skip_own ? 1 : 2); side++)
    thalnet__side_sums(sums, reader, side, (thalnet__part){index % sums->parts, sums->parts}, worker);
}

void thalnet__reader_gradients(thalnet__work *work, thalnet__segment *segment, size_t step, size_t end,
                               real *gradients) {
  const thalnet_center *net = work->net;
  thalnet__reader_sums sums = {.work = work, .segment = segment, .step = step, .end = end, .gradients = gradients};
  sums.parts = thalnet__in_parts(work) ? thalnet__row_parts(net->static_contexts) : 1;
  if (net->static_contexts > 0) thalnet__deal(work, thalnet__reader_sums_part, &sums, net->module_count * sums.parts);
}
