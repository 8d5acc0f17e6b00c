/* SPDX-License-Identifier: MIT */
/* What is cut is cut in the prepared block, where zeros take the place of weights: the pass itself does not know. Dynamic readers,
 * whose weights are not there, are told what they may not see (network/reading.c). */
#include "analysis/ablation.h"

#include <string.h>

#include "core/checked.h"
#include "network/prepare.h"
#include "network/run.h"

static int thalnet__is_cut(const thalnet_center *net, const unsigned char *cut, size_t to, size_t from) {
  return cut[to * thalnet__node_count(net) + from] != 0;
}

/* Zeros in a part of a matrix, some columns at a time. */
static void thalnet__cut_piece(const thalnet_center *net, const thalnet__matrix *matrix, thalnet__piece piece) {
  static const real zeros[256]; /* one row for all, ld 0 */
  const size_t columns = sizeof zeros / sizeof *zeros, end = piece.input + piece.inputs;
  piece.weight = zeros;
  piece.scale = 1;
  for (; piece.input < end; piece.input += piece.inputs) {
    piece.inputs = thalnet__min(columns, end - piece.input);
    thalnet__matrix_put(net->kernels, matrix, &piece, net->prepared, (thalnet__part){0, 1});
  }
}

/* A static reader's columns of a slice. */
static void thalnet__cut_slice(const thalnet_center *net, const thalnet__reader *reader, const thalnet_module *slice) {
  thalnet__piece piece = {.outputs = reader->context, .inputs = slice->features};
  const int behind = slice->offset >= reader->offset;
  const thalnet__columns columns = thalnet__seen_columns(reader, behind);
  if (!thalnet__reads(reader, slice)) return;
  if (!reader->in_order) {
    piece.output = reader->column;
    piece.input = slice->offset;
    thalnet__cut_piece(net, &net->readers, piece);
    return;
  }
  piece.input = slice->offset - columns.from - columns.gap;
  thalnet__cut_piece(net, &reader->sides[behind], piece);
}

static void thalnet__cut_readings(thalnet_center *net, size_t m, const unsigned char *cut, unsigned char *unseen) {
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  for (size_t j = 0; j < net->module_count; j++) {
    if (reader->kind == NULL || !thalnet__is_cut(net, cut, thalnet__module_node(net, m), thalnet__module_node(net, j)))
      continue;
    if (thalnet__is_static(reader))
      thalnet__cut_slice(net, reader, net->modules[j]);
    else
      unseen[m * net->module_count + j] = 1;
  }
}

static void thalnet__cut_inputs(thalnet_center *net, size_t m, const unsigned char *cut) {
  const thalnet_module *module = net->modules[m];
  const thalnet__layer *first = thalnet__first_layer(module);
  for (size_t k = 0; k < module->input_count; k++) {
    const thalnet__connection *connection = &module->inputs[k];
    const thalnet__input *input = &net->inputs[connection->number];
    const size_t gates = first->kind->gates * first->units;
    if (!thalnet__is_cut(net, cut, thalnet__module_node(net, m), (size_t)connection->number)) continue;
    if (input->tokens)
      memset(net->prepared + connection->place, 0, input->size * gates * sizeof *net->prepared);
    else
      thalnet__cut_piece(net, &connection->matrix, (thalnet__piece){.outputs = gates, .inputs = input->size});
  }
}

static void thalnet__cut_outputs(thalnet_center *net, size_t m, const unsigned char *cut) {
  const thalnet_module *module = net->modules[m];
  for (size_t k = 0; k < module->output_count; k++) {
    const size_t o = (size_t)module->outputs[k].number;
    const thalnet__output *output = &net->outputs[o];
    const thalnet__piece piece = {
        .outputs = output->size, .input = module->offset - output->span, .inputs = module->features};
    if (thalnet__is_cut(net, cut, thalnet__output_node(net, o), thalnet__module_node(net, m)))
      thalnet__cut_piece(net, &output->head, piece);
  }
}

thalnet_status thalnet__ablate(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut) {
  const size_t modules = net->module_count;
  void *unseen;
  THALNET__TRY(thalnet__allocate(&net->memory, modules, modules, &unseen));
  for (size_t m = 0; m < net->module_count; m++) {
    thalnet__cut_readings(net, m, cut, unseen);
    thalnet__cut_inputs(net, m, cut);
    thalnet__cut_outputs(net, m, cut);
  }
  net->unseen = unseen;
  const thalnet_status status = thalnet__forward(net, batch, NULL);
  net->unseen = NULL;
  thalnet__release(&net->memory, unseen, modules, modules);
  const uint64_t version = net->version;
  (void)thalnet__prepare(net); /* cannot fail: the values were checked */
  net->version = version;      /* nothing was written: other batches' gradients may still be computed, */
  batch->kept = 0;             /* but of this one no network has what it kept */
  return status;
}
