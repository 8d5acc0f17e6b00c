/* SPDX-License-Identifier: MIT */
/* One step of all modules, together or in order. Together they read the center of the previous step, so that their order has no
 * meaning. */
#include "network/unroll.h"

#include "core/checked.h"
#include "module/norm.h"
#include "network/deal.h"
#include "network/masks.h"
#include "network/reading.h"

/* The output of a layer at a step: in the memory after it, or for a dense layer below the last in an array of its own. */
static thalnet__rows thalnet__layer_output(const thalnet__work *work, const thalnet__segment *segment, size_t module,
                                           size_t j, size_t step) {
  const thalnet_center *net = work->net;
  const thalnet_module *made = net->modules[module];
  const thalnet__place *place = &made->layers[j];
  const thalnet__memory_rows after = thalnet__slot(net, segment, segment->after[step]);
  if (j + 1 == made->layer_count) return thalnet__memory_at(net, after, made->offset);
  if (place->layer.kind->recurrent) return thalnet__memory_at(net, after, place->hidden);
  const size_t n = place->layer.units;
  return (thalnet__rows){segment->modules[module].layers[j].output + step * segment->rows * n, n};
}

/* Its gates; what only backward makes is there for one block of steps. */
static thalnet__rows thalnet__layer_gates(const thalnet__segment *segment, const thalnet__layer *layer,
                                          const thalnet__layer_work *mine, size_t step) {
  const size_t width = layer->kind->blocks * layer->units;
  const size_t at = layer->kind->recurrent ? step : step % segment->block;
  if (mine->gates == NULL) return (thalnet__rows){NULL, width};
  return (thalnet__rows){mine->gates + at * segment->rows * width, width};
}

/* Where layer norm keeps what backward wants of it, and puts the gradients of the products; without it those are in the gates. */
static void thalnet__describe_norm(const thalnet__segment *segment, const thalnet__layer *layer,
                                   const thalnet__layer_work *mine, size_t step, thalnet__layer_step *described) {
  const size_t n = layer->units, gates = layer->kind->gates * n, blocks = thalnet__norm_blocks(layer);
  const thalnet__rows none = {NULL, 0};
  described->normed = described->inverse = described->d_normed = none;
  described->input_side = described->hidden_side = described->gates;
  if (mine->gates != NULL) described->hidden_side.at += layer->kind->hidden_block * n;
  if (mine->normed == NULL) return;
  const size_t rows = step * segment->rows, block_rows = step % segment->block * segment->rows;
  described->normed = (thalnet__rows){mine->normed + rows * blocks * n, blocks * n};
  described->inverse = (thalnet__rows){mine->inverse + rows * blocks, blocks};
  described->d_normed = (thalnet__rows){mine->d_normed + block_rows * blocks * n, blocks * n};
  described->input_side = described->hidden_side = described->d_normed;
  if (layer->kind->recurrent) described->hidden_side.at += gates;
}

thalnet__const_rows thalnet__layer_input(const thalnet__work *work, const thalnet__segment *segment, size_t module,
                                         size_t j, size_t step) {
  const size_t contexts = work->net->contexts;
  const thalnet_module *made = work->net->modules[module];
  if (j > 0) return thalnet__const_view(thalnet__layer_output(work, segment, module, j - 1, step));
  if (!thalnet__has_reader(made)) return (thalnet__const_rows){NULL, 0};
  const size_t at = step * segment->rows * contexts + made->reader.reading.column;
  return (thalnet__const_rows){segment->contexts + at, contexts};
}

/* What units keep at a step. The settle steps are numbered as the steps that would follow the sequence. */
static thalnet__zoneout thalnet__describe_zoneout(const thalnet__work *work, const thalnet__segment *segment, real rate,
                                                  uint64_t place, size_t step) {
  const size_t frame_steps = work->net->steps_per_frame;
  const int settling = segment == &work->settle;
  thalnet__zoneout made = {.rate = rate, .ids = work->lot.ids, .frame_steps = frame_steps};
  made.lengths = settling ? work->lot.lengths : NULL;
  made.step = settling ? step : work->frame * frame_steps + step;
  if (rate > 0 && made.ids != NULL)
    made.random = thalnet__random_make(work->lot.seed, THALNET__STREAM_ZONEOUT, place, work->lot.epoch);
  return made;
}

static void thalnet__describe_layer(const thalnet__work *work, const thalnet__segment *segment, size_t module, size_t j,
                                    size_t step) {
  const thalnet_center *net = work->net;
  const thalnet__place *place = &net->modules[module]->layers[j];
  const thalnet__layer *layer = &place->layer;
  const thalnet__module_work *mine = &segment->modules[module];
  const size_t rows = segment->rows, gates = layer->kind->gates * layer->units;
  const thalnet__memory_rows before = thalnet__slot(net, segment, step);
  const thalnet__memory_rows after = thalnet__slot(net, segment, segment->after[step]);
  thalnet__layer_step *described = &mine->layers[j].step;
  described->kernels = net->kernels;
  described->trouble = work->trouble;
  described->prepared = net->prepared;
  described->rows = rows;
  described->base = (thalnet__const_rows){net->prepared + layer->bias, 0};
  described->projected = (thalnet__const_rows){NULL, 0};
  if (j == 0 && mine->has_base) { /* with layer norm it lacks the biases, which come later */
    thalnet__const_rows *to = layer->norm ? &described->projected : &described->base;
    *to = (thalnet__const_rows){mine->base + step / mine->base_steps * rows * gates, gates};
  }
  described->input = thalnet__layer_input(work, segment, module, j, step);
  described->output = thalnet__layer_output(work, segment, module, j, step);
  described->gates = thalnet__layer_gates(segment, layer, &mine->layers[j], step);
  described->hidden = (thalnet__rows){mine->layers[j].hidden, thalnet__hidden_width(layer)};
  thalnet__describe_norm(segment, layer, &mine->layers[j], step, described);
  if (layer->kind->recurrent)
    described->hidden_before = thalnet__const_view(thalnet__memory_at(net, before, place->hidden));
  if (layer->kind->cell) {
    described->cell_before = thalnet__const_view(thalnet__memory_at(net, before, place->cell));
    described->cell = thalnet__memory_at(net, after, place->cell);
  }
  if (!thalnet__zones_out(layer)) return;
  const uint64_t number = (uint64_t)module << 32 | (uint64_t)j << 1;
  described->zoneout = thalnet__describe_zoneout(work, segment, layer->zoneout, number, step);
  described->cell_zoneout = thalnet__describe_zoneout(work, segment, layer->cell_zoneout, number | 1, step);
}

void thalnet__describe_step(const thalnet__work *work, const thalnet__segment *segment, size_t step) {
  const thalnet_center *net = work->net;
  for (size_t m = 0; m < net->module_count; m++)
    for (size_t j = 0; j < net->modules[m]->layer_count; j++) thalnet__describe_layer(work, segment, m, j, step);
}

/* A step that threads share. */
typedef struct thalnet__step_call {
  const thalnet__work *work;
  const thalnet__segment *segment;
  size_t first, layer, phase, parts; /* modules from `first` on */
} thalnet__step_call;

static void thalnet__module_step(const thalnet__work *work, const thalnet__segment *segment, size_t module) {
  const thalnet_module *made = work->net->modules[module];
  for (size_t j = 0; j < made->layer_count; j++) {
    const thalnet__layer *layer = &made->layers[j].layer;
    const thalnet__layer_step *described = &segment->modules[module].layers[j].step;
    const size_t phases = thalnet__layer_phases(layer, 0);
    for (size_t phase = 0; phase < phases; phase++)
      layer->kind->forward(layer, described, phase, (thalnet__part){0, 1});
  }
}

static void thalnet__forward_part(void *argument, size_t index, size_t worker) {
  const thalnet__step_call *call = argument;
  const size_t module = call->first + index / call->parts, part = index % call->parts;
  const thalnet_module *made = call->work->net->modules[module];
  (void)worker;
  if (call->layer >= made->layer_count) return;
  const thalnet__layer *layer = &made->layers[call->layer].layer;
  if (call->phase >= thalnet__layer_phases(layer, 0) || part >= layer->parts) return;
  layer->kind->forward(layer, &call->segment->modules[module].layers[call->layer].step, call->phase,
                       (thalnet__part){part, layer->parts});
}

size_t thalnet__phases(const thalnet_center *net, thalnet__range modules, size_t layer, int backward) {
  size_t phases = 0;
  for (size_t i = modules.first; i < modules.first + modules.count; i++) {
    if (layer >= net->modules[i]->layer_count) continue;
    phases = thalnet__max(phases, thalnet__layer_phases(&net->modules[i]->layers[layer].layer, backward));
  }
  return phases;
}

static void thalnet__modules_step(thalnet__work *work, const thalnet__segment *segment, thalnet__range modules) {
  const thalnet_center *net = work->net;
  const int in_parts = thalnet__in_parts(work);
  for (size_t i = 0; i < modules.count && !in_parts; i++) thalnet__module_step(work, segment, modules.first + i);
  for (size_t j = 0; j < net->depth && in_parts; j++) {
    const size_t phases = thalnet__phases(net, modules, j, 0);
    for (size_t phase = 0; phase < phases; phase++) {
      thalnet__step_call call = {work, segment, modules.first, j, phase, net->parts};
      thalnet__deal(work, thalnet__forward_part, &call, modules.count * net->parts);
    }
  }
}

void thalnet__segment_step(thalnet__work *work, thalnet__segment *segment, size_t step) {
  const thalnet_center *net = work->net;
  thalnet__describe_step(work, segment, step);
  for (size_t turn = 0; turn < thalnet__turns(net); turn++) {
    const thalnet__range modules = thalnet__turn(net, turn);
    if (net->contexts > 0) thalnet__read_center(work, segment, step, modules);
    thalnet__drop_contexts(work, segment, step, modules);
    thalnet__modules_step(work, segment, modules);
    if (net->in_order) thalnet__drop_features(work, segment, step, modules);
  }
}

size_t thalnet__after_run(const thalnet__segment *segment, size_t step, size_t end) {
  size_t run = 1;
  while (step + run < end && segment->after[step + run] == segment->after[step] + run) run++;
  return run;
}
