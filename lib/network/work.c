/* SPDX-License-Identifier: MIT */
#include "network/work.h"

#include <string.h>

#include "core/checked.h"
#include "module/norm.h"

enum { THALNET__BLOCK_ROWS = 768, THALNET__SLAB_BLOCK_ROWS = 512 };

/* Widths that scratch must fit. */
typedef struct thalnet__widths {
  size_t task_gates, reader, tokens, product;
} thalnet__widths;

static thalnet__widths thalnet__measure_widths(const thalnet_center *net, size_t rows) {
  thalnet__widths widths = {0};
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet_module *module = net->modules[i];
    const thalnet__reader *reader = &module->reader.reading;
    const thalnet__layer *first = thalnet__first_layer(module);
    for (size_t j = 0; j < module->layer_count; j++) {
      const thalnet__layer *layer = &module->layers[j].layer;
      const size_t widest = thalnet__max(layer->inputs, layer->units);
      const size_t gates = thalnet__max(layer->kind->gates, layer->kind->hidden_gates);
      widths.product = thalnet__max(widths.product, gates * layer->units * widest);
    }
    widths.product = thalnet__max(widths.product, reader->context * net->features * module->features);
    for (size_t k = 0; k < module->output_count; k++)
      widths.product = thalnet__max(widths.product, net->outputs[module->outputs[k].number].size * module->features);
    for (size_t k = 0; k < module->input_count; k++) {
      const thalnet__input *input = &net->inputs[module->inputs[k].number];
      if (input->tokens) widths.tokens = thalnet__max(widths.tokens, input->size);
    }
    if (module->input_count > 0) widths.task_gates = thalnet__max(widths.task_gates, first->kind->gates * first->units);
    if (reader->kind != NULL && !thalnet__is_static(reader))
      widths.reader = thalnet__max(widths.reader, thalnet__read_scratch(reader, rows));
  }
  return widths;
}

static void *thalnet__take_steps(thalnet__arena *arena, size_t steps, size_t rows, size_t values) {
  return thalnet__take2(arena, thalnet__times_or_most(steps, rows), values, sizeof(real));
}

static void thalnet__layer_layout(const thalnet_module *module, size_t j, const thalnet__work_shape *shape,
                                  size_t steps, size_t block, thalnet__arena *arena, thalnet__layer_work *work) {
  const thalnet__layer *layer = &module->layers[j].layer;
  thalnet__layer_work made = {0};
  const size_t n = layer->units, norm_blocks = thalnet__norm_blocks(layer);
  const int last = j + 1 == module->layer_count;
  if (!layer->kind->recurrent && !last) made.output = thalnet__take_steps(arena, steps, shape->rows, n);
  if (layer->kind->recurrent) made.gates = thalnet__take_steps(arena, steps, shape->rows, layer->kind->blocks * n);
  if (layer->kind->recurrent)
    made.hidden = thalnet__take2(arena, shape->rows, thalnet__hidden_width(layer), sizeof(real));
  if (shape->backward && !layer->kind->recurrent) made.gates = thalnet__take_steps(arena, block, shape->rows, n);
  if (shape->backward && !last) made.d_output = thalnet__take2(arena, shape->rows, n, sizeof(real));
  if (shape->backward && layer->candidate.outputs > 0)
    made.d_reset = thalnet__take2(arena, shape->rows, n, sizeof(real));
  if (shape->backward && norm_blocks > 0) {
    made.normed = thalnet__take_steps(arena, steps, shape->rows, norm_blocks * n);
    made.inverse = thalnet__take_steps(arena, steps, shape->rows, norm_blocks);
    made.d_normed = thalnet__take_steps(arena, block, shape->rows, norm_blocks * n);
  }
  if (shape->backward && thalnet__zones_out(layer))
    made.zoned = thalnet__take2(arena, shape->rows, layer->kind->zoned * n, sizeof(real));
  if (work != NULL) *work = made;
}

/* A large network's rows are long. */
static size_t thalnet__most_rows(const thalnet_center *net) {
  return net->slabs ? THALNET__SLAB_BLOCK_ROWS : THALNET__BLOCK_ROWS;
}

/* Whole frames, of about so many rows that products over them are at full speed. */
static size_t thalnet__block_steps(const thalnet_center *net, size_t rows, size_t steps) {
  const size_t most = thalnet__most_rows(net);
  const size_t frames = thalnet__max(1, most / thalnet__max(1, rows) / net->steps_per_frame);
  return thalnet__min(frames * net->steps_per_frame, steps);
}

static void thalnet__segment_layout(const thalnet_center *net, const thalnet__work_shape *shape, size_t steps,
                                    size_t extra_slots, int inputs, thalnet__arena *arena, thalnet__segment *segment) {
  thalnet__segment made = {.steps = steps, .rows = shape->rows, .block = thalnet__block_steps(net, shape->rows, steps)};
  const size_t slots = steps + extra_slots + 1; /* steps are counted as 32 bits, extra ones are fewer */
  made.phi = thalnet__take_steps(arena, slots, shape->rows, net->features);
  made.own = thalnet__take_steps(arena, slots, shape->rows, net->own_memory);
  made.after = thalnet__take(arena, steps, sizeof *made.after);
  made.contexts = thalnet__take_steps(arena, steps, shape->rows, net->contexts);
  if (shape->backward) made.d_contexts = thalnet__take_steps(arena, made.block, shape->rows, net->contexts);
  made.modules = thalnet__take(arena, net->module_count, sizeof *made.modules);
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet_module *module = net->modules[i];
    const thalnet__layer *first = thalnet__first_layer(module);
    thalnet__module_work work = {0};
    if (inputs && module->input_count > 0)
      work.base = thalnet__take_steps(arena, steps, shape->rows, first->kind->gates * first->units);
    work.layers = thalnet__take(arena, module->layer_count, sizeof *work.layers);
    for (size_t j = 0; j < module->layer_count; j++)
      thalnet__layer_layout(module, j, shape, steps, made.block, arena, work.layers == NULL ? NULL : &work.layers[j]);
    if (made.modules != NULL) made.modules[i] = work;
  }
  *segment = made;
}

/* What dropout needs; masks of all steps are the same ones in both segments. Centers are counted by steps, unlike slots. */
static void thalnet__masks_layout(const thalnet_center *net, const thalnet__work_shape *shape, thalnet__arena *arena,
                                  thalnet__work *work) {
  thalnet__segment *main = &work->main, *settle = &work->settle;
  const size_t rows = shape->rows, contexts = net->contexts, features = net->features;
  const int every = shape->drops_every_step;
  if (shape->drops_contexts) {
    main->context_masks = thalnet__take_steps(arena, every ? main->steps : 1, rows, contexts);
    settle->context_masks = every ? thalnet__take_steps(arena, settle->steps, rows, contexts) : main->context_masks;
  }
  if (!shape->drops_center) return;
  main->center_masks = thalnet__take_steps(arena, every ? main->steps + 1 : 1, rows, features);
  settle->center_masks = every ? thalnet__take_steps(arena, settle->steps + 1, rows, features) : main->center_masks;
  main->shown = thalnet__take_steps(arena, main->steps + shape->extra_slots + 1, rows, features);
  settle->shown = thalnet__take_steps(arena, settle->steps + 1, rows, features);
  work->d_shown = thalnet__take2(arena, rows, features, sizeof(real));
  if (net->in_order) work->d_newer = thalnet__take2(arena, rows, features, sizeof(real));
}

static thalnet__memory_rows thalnet__memory_layout(const thalnet_center *net, size_t rows, thalnet__arena *arena) {
  real *phi = thalnet__take2(arena, rows, net->features, sizeof(real));
  return (thalnet__memory_rows){phi, thalnet__take2(arena, rows, net->own_memory, sizeof(real))};
}

static void thalnet__inputs_layout(const thalnet_center *net, const thalnet__work_shape *shape, thalnet__arena *arena,
                                   thalnet__work *work) {
  size_t widest = 0;
  work->fed = thalnet__take(arena, net->input_count, sizeof *work->fed);
  work->inputs = thalnet__take(arena, net->input_count, sizeof *work->inputs);
  work->tokens = thalnet__take(arena, net->input_count, sizeof *work->tokens);
  work->factors = thalnet__take(arena, net->input_count, sizeof *work->factors);
  for (size_t i = 0; i < net->input_count; i++) {
    const thalnet__input *input = &net->inputs[i];
    const size_t frames = shape->frames * input->frames;
    real *values = input->tokens ? NULL : thalnet__take_steps(arena, frames, shape->rows, input->size);
    int32_t *tokens = input->tokens ? thalnet__take2(arena, frames, shape->rows, sizeof *tokens) : NULL;
    real *factors = input->tokens ? thalnet__take_steps(arena, frames, shape->rows, 1) : NULL;
    if (!input->tokens)
      widest = thalnet__max(widest, work->main.block / net->steps_per_frame * input->frames * input->size);
    if (arena->base == NULL) continue;
    work->inputs[i] = values;
    work->tokens[i] = tokens;
    work->factors[i] = factors;
  }
  if (shape->input_gradients) work->d_input = thalnet__take2(arena, shape->rows, widest, sizeof(real));
}

static void thalnet__outputs_layout(const thalnet_center *net, const thalnet__work_shape *shape, thalnet__arena *arena,
                                    thalnet__work *work) {
  work->outputs = thalnet__take(arena, net->output_count, sizeof *work->outputs);
  work->d_outputs = thalnet__take(arena, net->output_count, sizeof *work->d_outputs);
  work->final_outputs = thalnet__take(arena, net->output_count, sizeof *work->final_outputs);
  work->d_final_outputs = thalnet__take(arena, net->output_count, sizeof *work->d_final_outputs);
  for (size_t o = 0; o < net->output_count; o++) {
    const size_t frames = shape->frames * net->outputs[o].frames, size = net->outputs[o].size;
    real *values = thalnet__take_steps(arena, frames, shape->rows, size);
    real *d_values = shape->backward ? thalnet__take_steps(arena, frames, shape->rows, size) : NULL;
    real *final_values = thalnet__take2(arena, shape->rows, size, sizeof(real));
    real *d_final_values = shape->backward ? thalnet__take2(arena, shape->rows, size, sizeof(real)) : NULL;
    if (arena->base == NULL) continue;
    work->outputs[o] = values;
    work->d_outputs[o] = d_values;
    work->final_outputs[o] = final_values;
    work->d_final_outputs[o] = d_final_values;
  }
}

void thalnet__work_layout(const thalnet_center *net, const thalnet__work_shape *shape, thalnet__arena *arena,
                          thalnet__work *work) {
  const thalnet__widths widths = thalnet__measure_widths(net, shape->rows);
  const size_t steps = shape->frames * net->steps_per_frame, rows = shape->rows;
  memset(work, 0, sizeof *work);
  work->net = net;
  work->workers = shape->workers;
  work->trouble = thalnet__take(arena, 1, sizeof *work->trouble);
  thalnet__segment_layout(net, shape, steps, shape->extra_slots, 1, arena, &work->main);
  thalnet__segment_layout(net, shape, shape->settle_steps, 0, 0, arena, &work->settle);
  thalnet__masks_layout(net, shape, arena, work);
  work->final = thalnet__memory_layout(net, rows, arena);
  thalnet__inputs_layout(net, shape, arena, work);
  thalnet__outputs_layout(net, shape, arena, work);
  if (net->steps_per_frame > 1) work->projection = thalnet__take_steps(arena, steps, rows, widths.task_gates);
  work->reader_scratch = thalnet__take(arena, widths.reader, sizeof(real));
  if (net->contexts > net->static_contexts)
    work->partly_seen = thalnet__take_steps(arena, net->in_order ? 2 : 1, rows, net->features);
  if (!shape->backward) return;
  work->d_after = thalnet__memory_layout(net, rows, arena);
  work->d_before = thalnet__memory_layout(net, rows, arena);
  work->d_final = thalnet__memory_layout(net, rows, arena);
  if (net->steps_per_frame > 1) work->d_framed = thalnet__take_steps(arena, work->main.block, rows, widths.task_gates);
  if (net->kernels->multiply_transposed != NULL && widths.product >= THALNET__PRODUCT_LARGE)
    work->product_scratch = thalnet__take2(arena, shape->workers, THALNET__PRODUCT_SCRATCH, sizeof(real));
  if (widths.tokens <= thalnet__most_rows(net)) /* else most of the sums would stay zero */
    work->token_sums = thalnet__take2(arena, widths.tokens, widths.task_gates, sizeof(real));
}

thalnet_status thalnet__workplaces_measure(const thalnet_center *net, const thalnet__work_shape *shape, size_t count,
                                           size_t *bytes) {
  thalnet__arena arena = {0};
  thalnet__work work;
  thalnet__work_layout(net, shape, &arena, &work);
  const size_t steps = thalnet__max(shape->frames * net->steps_per_frame, shape->settle_steps);
  if (thalnet__times_or_most(steps, shape->rows) > INT32_MAX)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "%zu sequences of %zu frames are more steps than %d", shape->rows,
                         shape->frames, INT32_MAX);
  /* all works' arrays behind the table of them */
  *bytes = thalnet__round_or_most(thalnet__times_or_most(count, sizeof work), THALNET__ALIGNMENT);
  *bytes = thalnet__sum_or_most(*bytes, thalnet__times_or_most(count, arena.used));
  if (*bytes == SIZE_MAX)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "%zu chunks of %zu sequences of %zu frames do not fit in memory",
                         count, shape->rows, shape->frames);
  return THALNET_OK;
}

static size_t thalnet__layer_number(const thalnet_module *module, const thalnet__layer *layer) {
  size_t j = 0;
  while (j < module->layer_count && &module->layers[j].layer != layer) j++;
  return j;
}

/* Numbers of the module and layer are found again: those who compute do not know them. */
thalnet_status thalnet__trouble_status(const thalnet_center *net, const thalnet__trouble *trouble) {
  if (!atomic_load(&trouble->told)) return THALNET_OK;
  size_t m = 0, j = 0; /* of one of the center's layers */
  while ((j = thalnet__layer_number(net->modules[m], trouble->layer)) == net->modules[m]->layer_count) m++;
  return thalnet__fail(THALNET_ERROR_HOST, "module '%s', layer %zu: %s of the host's layer '%s' returned %d",
                       net->modules[m]->name, j, trouble->backward ? "backward" : "forward", trouble->layer->kind->name,
                       trouble->code);
}

static int thalnet__same_shape(const thalnet__work_shape *a, const thalnet__work_shape *b) {
  return a->rows == b->rows && a->frames == b->frames && a->extra_slots == b->extra_slots && a->workers == b->workers &&
         a->backward == b->backward && a->input_gradients == b->input_gradients &&
         a->drops_contexts == b->drops_contexts && a->drops_center == b->drops_center &&
         a->drops_every_step == b->drops_every_step;
}

thalnet_status thalnet__workplaces_reserve(const thalnet_center *net, thalnet__workplaces *works,
                                           const thalnet__work_shape *shape, size_t count) {
  size_t bytes = 0;
  if (works->count >= count && thalnet__same_shape(&works->shape, shape)) return THALNET_OK;
  THALNET__TRY(thalnet__workplaces_measure(net, shape, count, &bytes));
  if (bytes > works->size) {
    void *block;
    thalnet__workplaces_free(net, works); /* before, so that growing takes no more than thalnet_batch_size tells */
    THALNET__TRY(thalnet__allocate(&net->memory, bytes, 1, &block));
    works->block = block;
    works->size = bytes;
  }
  thalnet__arena arena = {.base = works->block};
  works->works = thalnet__take(&arena, count, sizeof *works->works);
  for (size_t i = 0; i < count; i++) thalnet__work_layout(net, shape, &arena, &works->works[i]);
  works->count = count;
  works->shape = *shape;
  return THALNET_OK;
}

void thalnet__workplaces_free(const thalnet_center *net, thalnet__workplaces *works) {
  thalnet__release(&net->memory, works->block, works->size, 1);
  memset(works, 0, sizeof *works);
}
