/* SPDX-License-Identifier: MIT */
/* One step of all modules: everything reads the center of the previous step, so their order has no meaning. */
#include "network/unroll.h"

#include "math/multiply.h"

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

thalnet__layer_step thalnet__describe_layer(const thalnet__work *work, const thalnet__segment *segment, size_t module,
                                            size_t j, size_t step) {
  const thalnet_center *net = work->net;
  const thalnet_module *made = net->modules[module];
  const thalnet__place *place = &made->layers[j];
  const thalnet__layer *layer = &place->layer;
  const thalnet__module_work *mine = &segment->modules[module];
  const size_t rows = segment->rows, gates = layer->kind->gates * layer->units;
  const thalnet__memory_rows before = thalnet__slot(net, segment, step);
  const thalnet__memory_rows after = thalnet__slot(net, segment, segment->after[step]);
  thalnet__layer_step described = {
      .kernels = net->kernels, .parameters = net->parameters, .rows = rows, .scratch = work->layer_scratch};
  described.base = (thalnet__const_rows){net->parameters + layer->bias_ih, 0};
  if (j > 0) {
    described.input = thalnet__const_view(thalnet__layer_output(work, segment, module, j - 1, step));
  } else {
    if (mine->has_base)
      described.base = (thalnet__const_rows){mine->base + step / mine->base_steps * rows * gates, gates};
    if (thalnet__has_reader(made))
      described.input = (thalnet__const_rows){
          segment->contexts + step * rows * net->contexts + made->reader.reading.column, net->contexts};
  }
  described.output = thalnet__layer_output(work, segment, module, j, step);
  if (layer->kind->kept > 0) described.kept = mine->layers[j].kept + step * rows * layer->kind->kept * layer->units;
  if (layer->kind->recurrent)
    described.hidden_before = thalnet__const_view(thalnet__memory_at(net, before, place->hidden));
  if (layer->kind->cell) {
    described.cell_before = thalnet__const_view(thalnet__memory_at(net, before, place->cell));
    described.cell = thalnet__memory_at(net, after, place->cell);
  }
  return described;
}

thalnet__reading thalnet__describe_reading(const thalnet__work *work, const thalnet__segment *segment, size_t step) {
  return (thalnet__reading){work->net->kernels, work->net->parameters, segment->rows,
                            thalnet__slot(work->net, segment, step).phi, work->reader_scratch};
}

static void thalnet__read_center(thalnet__work *work, thalnet__segment *segment, size_t step) {
  const thalnet_center *net = work->net;
  real *contexts = segment->contexts + step * segment->rows * net->contexts;
  const thalnet__reading reading = thalnet__describe_reading(work, segment, step);
  thalnet__multiply_nt(segment->rows, net->static_contexts, net->features, reading.phi, net->features, net->prepared,
                       net->features, 0, contexts, net->contexts);
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet__reader *reader = &net->modules[i]->reader.reading;
    if (reader->kind != NULL && !thalnet__is_static(reader))
      reader->kind->forward(reader, &reading, contexts + reader->column, net->contexts);
  }
}

void thalnet__segment_step(thalnet__work *work, thalnet__segment *segment, size_t step) {
  const thalnet_center *net = work->net;
  if (net->contexts > 0) thalnet__read_center(work, segment, step);
  for (size_t i = 0; i < net->module_count; i++)
    for (size_t j = 0; j < net->modules[i]->layer_count; j++) {
      const thalnet__layer *layer = &net->modules[i]->layers[j].layer;
      const thalnet__layer_step described = thalnet__describe_layer(work, segment, i, j, step);
      layer->kind->forward(layer, &described);
    }
}

size_t thalnet__after_run(const thalnet__segment *segment, size_t step) {
  size_t run = 1;
  while (step + run < segment->steps && segment->after[step + run] == segment->after[step] + run) run++;
  return run;
}
