/* SPDX-License-Identifier: MIT */
/* Back through the steps of a segment, and the weight gradients of a block of them: one product over all its steps each. */
#include "network/backprop.h"

#include <string.h>

#include "core/checked.h"
#include "core/fault.h"
#include "module/norm.h"
#include "network/deal.h"
#include "network/masks.h"
#include "network/reading.h"
#include "network/unroll.h"

/* A step, or a block of steps, that threads share. */
typedef struct thalnet__back_call {
  thalnet__work *work;
  thalnet__segment *segment;
  size_t step, end, first, layer, phase, parts; /* modules from `first` on */
  real *gradients;
} thalnet__back_call;

/* --- one step --- */

/* The gradient of a layer's output: of the features for the last one; else what the layer above passed down, and for a
 * recurrent layer what later steps want of its hidden state. */
static thalnet__const_rows thalnet__output_gradient(const thalnet__work *work, const thalnet__segment *segment,
                                                    size_t m, size_t j) {
  const thalnet_module *module = work->net->modules[m];
  if (j + 1 == module->layer_count)
    return thalnet__const_view(thalnet__memory_at(work->net, work->d_after, module->offset));
  return (thalnet__const_rows){segment->modules[m].layers[j].d_output, module->layers[j].layer.units};
}

/* Where a layer's gradients come from and go to at a step. */
static void thalnet__describe_gradient(const thalnet__work *work, const thalnet__segment *segment, size_t m, size_t j,
                                       size_t step) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  const thalnet__place *place = &module->layers[j];
  const thalnet__layer *layer = &place->layer;
  const thalnet__layer_work *layers = segment->modules[m].layers;
  thalnet__layer_gradient *described = &segment->modules[m].layers[j].gradient;
  described->d_output = thalnet__output_gradient(work, segment, m, j);
  described->scratch = layers[j].d_reset;
  described->zoned = layers[j].zoned;
  if (layer->kind->recurrent) described->d_hidden_before = thalnet__memory_at(net, work->d_before, place->hidden);
  if (layer->kind->cell) {
    described->d_cell = thalnet__const_view(thalnet__memory_at(net, work->d_after, place->cell));
    described->d_cell_before = thalnet__memory_at(net, work->d_before, place->cell);
  }
  if (j > 0)
    described->d_input = (thalnet__rows){layers[j - 1].d_output, layer->inputs};
  else if (thalnet__has_reader(module))
    described->d_input = thalnet__context_gradients(work, segment, step, module->reader.reading.column);
}

/* Before a layer's first phase: what it does not write itself. */
static void thalnet__begin_layer_back(const thalnet__work *work, const thalnet__segment *segment, size_t m, size_t j,
                                      thalnet__part part) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  const thalnet__place *place = &module->layers[j];
  const thalnet__range rows = thalnet__part_of(part, segment->rows, 1);
  const int last = j + 1 == module->layer_count, recurrent = place->layer.kind->recurrent;
  const size_t n = place->layer.units;
  if (last == recurrent) return;
  for (size_t r = rows.first; r < rows.first + rows.count; r++)
    if (last) { /* such features leave nothing behind but what is read */
      memset(work->d_before.phi + r * net->features + module->offset, 0, module->features * sizeof(real));
    } else {
      const thalnet__rows later = thalnet__memory_at(net, work->d_after, place->hidden);
      net->kernels->add(n, later.at + r * later.ld, segment->modules[m].layers[j].d_output + r * n);
    }
}

static void thalnet__layer_back(const thalnet__back_call *call, size_t m, size_t j, size_t phase, thalnet__part part) {
  const thalnet__layer *layer = &call->work->net->modules[m]->layers[j].layer;
  const thalnet__layer_work *mine = &call->segment->modules[m].layers[j];
  if (phase == 0) thalnet__begin_layer_back(call->work, call->segment, m, j, part);
  layer->kind->backward(layer, &mine->step, &mine->gradient, phase, part);
}

static void thalnet__module_back(const thalnet__back_call *call, size_t m) {
  const thalnet_module *module = call->work->net->modules[m];
  for (size_t j = module->layer_count; j-- > 0;) {
    const size_t phases = thalnet__layer_phases(&module->layers[j].layer, 1);
    for (size_t phase = 0; phase < phases; phase++) thalnet__layer_back(call, m, j, phase, (thalnet__part){0, 1});
  }
}

static void thalnet__back_part(void *argument, size_t index, size_t worker) {
  const thalnet__back_call *call = argument;
  const size_t m = call->first + index / call->parts, part = index % call->parts;
  const thalnet_module *module = call->work->net->modules[m];
  (void)worker;
  if (call->layer >= module->layer_count) return;
  const thalnet__layer *layer = &module->layers[call->layer].layer;
  if (call->phase < thalnet__layer_phases(layer, 1) && part < layer->parts)
    thalnet__layer_back(call, m, call->layer, call->phase, (thalnet__part){part, layer->parts});
}

static void thalnet__modules_back(thalnet__back_call *call, thalnet__range modules) {
  const thalnet_center *net = call->work->net;
  const int in_parts = thalnet__in_parts(call->work);
  for (size_t i = 0; i < modules.count && !in_parts; i++) thalnet__module_back(call, modules.first + i);
  for (size_t j = net->depth; j-- > 0 && in_parts;) {
    const size_t phases = thalnet__phases(net, modules, j, 1);
    for (size_t phase = 0; phase < phases; phase++) {
      call->first = modules.first;
      call->layer = j;
      call->phase = phase;
      call->parts = net->parts;
      thalnet__deal(call->work, thalnet__back_part, call, modules.count * net->parts);
    }
  }
}

/* In order, what later modules want of a module's new features is there when its turn comes. */
void thalnet__segment_step_back(thalnet__work *work, thalnet__segment *segment, size_t step, real *gradients) {
  const thalnet_center *net = work->net;
  thalnet__back_call call = {.work = work, .segment = segment, .step = step};
  const int forgotten = THALNET__FAULT(FORGET_STEP) && segment == &work->main && step == 0;
  thalnet__describe_step(work, segment, step);
  for (size_t m = 0; m < net->module_count; m++)
    for (size_t j = 0; j < net->modules[m]->layer_count; j++) thalnet__describe_gradient(work, segment, m, j, step);
  for (size_t turn = thalnet__turns(net); turn-- > 0;) {
    const thalnet__range modules = thalnet__turn(net, turn);
    if (turn + 1 < thalnet__turns(net)) thalnet__drop_features_back(work, segment, step, modules);
    thalnet__modules_back(&call, modules);
    thalnet__drop_contexts_back(work, segment, step, modules);
    if (net->contexts > 0 && !forgotten) thalnet__read_center_back(work, segment, step, modules, gradients);
  }
  if (segment->shown != NULL && net->contexts > 0) thalnet__shown_back(work, segment, step, work->d_before.phi);
}

/* --- weight gradients of a block of steps --- */

static void thalnet__layer_sums(const thalnet__back_call *call, size_t m, size_t j, size_t worker, thalnet__part part) {
  const thalnet_module *module = call->work->net->modules[m];
  const thalnet__layer *layer = &module->layers[j].layer;
  const thalnet__layer_step *first = &call->segment->modules[m].layers[j].step; /* of the block's first step */
  const size_t rows = call->segment->rows;
  if (layer->frozen) return;
  thalnet__layer_sum sum = {.kernels = first->kernels,
                            .rows = (call->end - call->step) * rows,
                            .gates = thalnet__const_view(first->gates),
                            .input_side = thalnet__const_view(first->input_side),
                            .hidden_side = thalnet__const_view(first->hidden_side),
                            .normed = thalnet__const_view(first->normed),
                            .d_normed = thalnet__const_view(first->d_normed),
                            .hidden_before = first->hidden_before,
                            .gradients = call->gradients,
                            .scratch = thalnet__product_scratch(call->work, worker)};
  thalnet__layer_bias_gradients(layer, &sum, part);
  thalnet__norm_gradients(layer, &sum, part);
  if (layer->kind->recurrent)
    layer->kind->hidden_gradients(layer, &sum, part); /* the memory before lies in one piece */
  if (layer->input.inputs == 0) return;
  /* contexts and dense outputs lie in one piece; a recurrent layer's are in the memory after each step */
  const int in_memory = j > 0 && module->layers[j - 1].layer.kind->recurrent;
  for (size_t step = call->step, run; step < call->end; step += run) {
    run = in_memory ? thalnet__after_run(call->segment, step, call->end) : call->end - step;
    sum.rows = run * rows;
    sum.input_side.at = first->input_side.at + (step - call->step) * rows * first->input_side.ld;
    sum.input = thalnet__layer_input(call->work, call->segment, m, j, step);
    thalnet__layer_input_gradients(layer, &sum, part);
  }
}

static void thalnet__sums_part(void *argument, size_t index, size_t worker) {
  const thalnet__back_call *call = argument;
  const size_t m = index / call->parts, part = index % call->parts;
  const thalnet_module *module = call->work->net->modules[m];
  for (size_t j = 0; j < module->layer_count; j++) {
    const size_t parts = thalnet__in_parts(call->work) ? module->layers[j].layer.gradient_parts : 1;
    if (part < parts) thalnet__layer_sums(call, m, j, worker, (thalnet__part){part, parts});
  }
}

void thalnet__block_gradients(thalnet__work *work, thalnet__segment *segment, size_t step, size_t end,
                              real *gradients) {
  const thalnet_center *net = work->net;
  thalnet__back_call call = {.work = work, .segment = segment, .step = step, .end = end, .gradients = gradients};
  call.parts = thalnet__in_parts(work) ? net->gradient_parts : 1;
  thalnet__describe_step(work, segment, step);
  thalnet__deal(work, thalnet__sums_part, &call, net->module_count * call.parts);
  thalnet__reader_gradients(work, segment, step, end, gradients);
}
