/* SPDX-License-Identifier: MIT */
/* How the modules read the center. Where all take a step together, one product serves all static readers. In order they read one
 * by one, in two products: of the slices before their own module's, which are new, and of the others, which are not. */
#include "network/reading.h"

#include "core/fault.h"
#include "network/deal.h"
#include "network/masks.h"
#include "network/unroll.h"

/* A step, or a block of steps, that threads share. */
typedef struct thalnet__reading_call {
  const thalnet__work *work;
  const thalnet__segment *segment;
  const thalnet__reader *reader;
  size_t step, end, parts;
  int side, accumulate;
  real *to; /* [row][P], or gradients of parameters */
} thalnet__reading_call;

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

/* The center that a side of a reader is over, at a step. */
static const real *thalnet__side_center(const thalnet__reading_call *call, size_t step) {
  const int newer = call->reader->in_order && call->side == 0;
  return thalnet__shown_at(call->work->net, call->segment, newer ? call->segment->after[step] : step);
}

/* As many parts as a product with so many columns is worth. */
static size_t thalnet__shared_parts(const thalnet__work *work, size_t columns) {
  return thalnet__in_parts(work) ? thalnet__column_parts(columns) : 1;
}

/* --- forward --- */

static thalnet__rows thalnet__contexts(const thalnet_center *net, const thalnet__segment *segment, size_t step,
                                       size_t column) {
  return (thalnet__rows){segment->contexts + step * segment->rows * net->contexts + column, net->contexts};
}

static void thalnet__read_part(void *argument, size_t index, size_t worker) {
  const thalnet__reading_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__const_rows phi = {thalnet__shown_at(net, call->segment, call->step), net->features};
  (void)worker;
  thalnet__matrix_forward(net->kernels, &net->readers, net->prepared, call->segment->rows, phi, 0,
                          thalnet__contexts(net, call->segment, call->step, 0), (thalnet__part){index, call->parts});
}

static void thalnet__read_side_part(void *argument, size_t index, size_t worker) {
  const thalnet__reading_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__columns columns = thalnet__seen_columns(call->reader, call->side);
  const real *center = thalnet__side_center(call, call->step) + columns.from + columns.gap;
  (void)worker;
  thalnet__matrix_forward(net->kernels, &call->reader->sides[call->side], net->prepared, call->segment->rows,
                          (thalnet__const_rows){center, net->features}, call->accumulate,
                          thalnet__contexts(net, call->segment, call->step, call->reader->column),
                          (thalnet__part){index, call->parts});
}

static void thalnet__read_sides(thalnet__work *work, const thalnet__segment *segment, size_t step,
                                const thalnet__reader *reader) {
  thalnet__reading_call call = {.work = work, .segment = segment, .reader = reader, .step = step};
  call.parts = thalnet__shared_parts(work, reader->context);
  for (call.side = 0; call.side < 2; call.side++) {
    if (reader->sides[call.side].inputs == 0) continue;
    thalnet__deal(work, thalnet__read_side_part, &call, call.parts);
    call.accumulate = 1;
  }
}

void thalnet__read_center(thalnet__work *work, thalnet__segment *segment, size_t step, thalnet__range modules) {
  const thalnet_center *net = work->net;
  thalnet__reading_call call = {.work = work, .segment = segment, .step = step};
  call.parts = thalnet__shared_parts(work, net->static_contexts);
  if (net->static_contexts > 0 && !net->in_order) thalnet__deal(work, thalnet__read_part, &call, call.parts);
  const thalnet__reading reading = thalnet__describe_reading(work, segment, step);
  for (size_t m = modules.first; m < modules.first + modules.count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL) continue;
    const thalnet__rows context = thalnet__contexts(net, segment, step, reader->column);
    if (!thalnet__is_static(reader))
      reader->kind->forward(reader, &reading, context.at, context.ld);
    else if (net->in_order)
      thalnet__read_sides(work, segment, step, reader);
  }
}

/* --- back --- */

thalnet__rows thalnet__context_gradients(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                         size_t column) {
  const size_t contexts = work->net->contexts;
  return (thalnet__rows){segment->d_contexts + step % segment->block * segment->rows * contexts + column, contexts};
}

static void thalnet__back_part(void *argument, size_t index, size_t worker) {
  const thalnet__reading_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__rows d_contexts = thalnet__context_gradients(call->work, call->segment, call->step, 0);
  (void)worker;
  thalnet__matrix_backward(net->kernels, &net->readers, net->prepared, call->segment->rows,
                           thalnet__const_view(d_contexts), 1, (thalnet__rows){call->to, net->features},
                           (thalnet__part){index, call->parts});
}

static void thalnet__back_side_part(void *argument, size_t index, size_t worker) {
  const thalnet__reading_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__columns columns = thalnet__seen_columns(call->reader, call->side);
  const thalnet__rows d_context =
      thalnet__context_gradients(call->work, call->segment, call->step, call->reader->column);
  (void)worker;
  thalnet__matrix_backward(net->kernels, &call->reader->sides[call->side], net->prepared, call->segment->rows,
                           thalnet__const_view(d_context), 1,
                           (thalnet__rows){call->to + columns.from + columns.gap, net->features},
                           (thalnet__part){index, call->parts});
}

static void thalnet__sides_back(thalnet__work *work, const thalnet__segment *segment, size_t step,
                                const thalnet__reader *reader, const thalnet__reading_gradient *to) {
  thalnet__reading_call call = {.work = work, .segment = segment, .reader = reader, .step = step};
  for (call.side = THALNET__FAULT(IN_ORDER) ? 1 : 0; call.side < 2; call.side++) {
    if (reader->sides[call.side].inputs == 0) continue;
    call.to = call.side == 0 ? to->newer : to->phi;
    call.parts = thalnet__shared_parts(work, reader->sides[call.side].inputs);
    thalnet__deal(work, thalnet__back_side_part, &call, call.parts);
  }
}

void thalnet__read_center_back(thalnet__work *work, thalnet__segment *segment, size_t step, thalnet__range modules,
                               real *gradients) {
  const thalnet_center *net = work->net;
  const thalnet__reading reading = thalnet__describe_reading(work, segment, step);
  thalnet__reading_gradient to = {.own = work->d_before.phi, .parameters = gradients};
  to.phi = thalnet__shown_gradient(work->d_shown, work->d_before.phi);
  to.newer = net->in_order ? thalnet__shown_gradient(work->d_newer, work->d_after.phi) : to.phi;
  thalnet__reading_call call = {.work = work, .segment = segment, .step = step, .to = to.phi};
  call.parts = thalnet__shared_parts(work, net->features);
  if (net->static_contexts > 0 && !net->in_order) thalnet__deal(work, thalnet__back_part, &call, call.parts);
  for (size_t m = modules.first; m < modules.first + modules.count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL) continue;
    const thalnet__rows d_context = thalnet__context_gradients(work, segment, step, reader->column);
    if (!thalnet__is_static(reader))
      reader->kind->backward(reader, &reading, thalnet__const_view(d_context), &to);
    else if (net->in_order)
      thalnet__sides_back(work, segment, step, reader, &to);
  }
}

/* --- weight gradients of a block of steps --- */

/* A center after a step may lie in a slot of its own, so what is newer comes in runs. */
static void thalnet__side_sums(const thalnet__reading_call *call, thalnet__part part, size_t worker) {
  const thalnet__reader *reader = call->reader;
  const thalnet__columns columns = thalnet__seen_columns(reader, call->side);
  const int newer = reader->in_order && call->side == 0;
  for (size_t step = call->step, run; step < call->end && columns.count > 0; step += run) {
    run = newer ? thalnet__after_run(call->segment, step, call->end) : call->end - step;
    const thalnet__rows d_context = thalnet__context_gradients(call->work, call->segment, step, reader->column);
    const thalnet__const_rows center = {thalnet__side_center(call, step) + columns.from + columns.gap, reader->center};
    thalnet__multiply_gradient(call->work->net->kernels, reader->context, columns.count, run * call->segment->rows,
                               thalnet__const_view(d_context), center, call->to + reader->parameters[0] + columns.from,
                               reader->seen, thalnet__product_scratch(call->work, worker), part);
  }
}

static void thalnet__sums_part(void *argument, size_t index, size_t worker) {
  thalnet__reading_call call = *(const thalnet__reading_call *)argument;
  call.reader = &call.work->net->modules[index / call.parts]->reader.reading;
  if (call.reader->kind == NULL || !thalnet__is_static(call.reader)) return;
  for (call.side = 0; call.side < (THALNET__FAULT(SKIP_OWN) && call.reader->skip_own ? 1 : 2); call.side++)
    thalnet__side_sums(&call, (thalnet__part){index % call.parts, call.parts}, worker);
}

void thalnet__reader_gradients(thalnet__work *work, thalnet__segment *segment, size_t step, size_t end,
                               real *gradients) {
  const thalnet_center *net = work->net;
  thalnet__reading_call call = {.work = work, .segment = segment, .step = step, .end = end, .to = gradients};
  call.parts = thalnet__in_parts(work) ? thalnet__row_parts(net->static_contexts) : 1;
  if (net->static_contexts > 0) thalnet__deal(work, thalnet__sums_part, &call, net->module_count * call.parts);
}
