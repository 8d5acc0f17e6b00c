/* SPDX-License-Identifier: MIT */
#include "network/spread.h"

/* --- parts --- */

void thalnet__release_parts(const thalnet_memory *memory, thalnet__reader *reader) {
  if (reader->parts == NULL) return;
  thalnet__release(memory, reader->parts[0].slices, reader->part_count * reader->parts[0].slice_count,
                   sizeof *reader->slices);
  thalnet__release(memory, reader->parts, reader->part_count, sizeof *reader->parts);
  reader->parts = NULL;
  reader->part_count = 0;
}

thalnet_status thalnet__make_parts(const thalnet_memory *memory, thalnet__reader *reader, size_t parts, size_t first,
                                   size_t slices) {
  void *array, *seen;
  THALNET__TRY(thalnet__allocate(memory, parts, sizeof *reader->parts, &array));
  const thalnet_status status = thalnet__allocate(memory, parts * slices, sizeof *reader->slices, &seen);
  if (status != THALNET_OK) {
    thalnet__release(memory, array, parts, sizeof *reader->parts);
    return status;
  }
  reader->parts = array;
  reader->part_count = parts;
  for (size_t i = 0; i < parts; i++)
    reader->parts[i] = (thalnet__reader){.slices = (thalnet__columns *)seen + i * slices,
                                         .slice_count = slices,
                                         .number = first + i,
                                         .origin = THALNET__NONE};
  return THALNET_OK;
}

/* --- after an edit --- */

/* A reader that has learned, and the network that it learned in. */
typedef struct thalnet__learned {
  const thalnet_center *net;
  const thalnet__reader *reader, *old; /* now, and then */
} thalnet__learned;

static size_t thalnet__known(const thalnet__learned *learned, size_t i, const thalnet_module *slice) {
  if (slice->heir == THALNET__NONE) return 0;
  return thalnet__columns_of(learned->net->origin, thalnet__part_at(learned->old, i), slice->heir).count;
}

/* How much of slice s an old part, or the new one behind them, sees. */
static size_t thalnet__sees(const thalnet__learned *learned, size_t i, size_t s) {
  const thalnet_module *slice = learned->net->modules[s];
  const size_t olds = thalnet__part_count(learned->old);
  size_t rest = slice->features;
  if (!thalnet__reads(learned->reader, slice)) return 0;
  if (i < olds) return thalnet__known(learned, i, slice);
  for (size_t k = 0; k < olds; k++) rest -= thalnet__known(learned, k, slice);
  return rest;
}

static int thalnet__sees_any(const thalnet__learned *learned, size_t i) {
  for (size_t s = 0; s < learned->net->module_count; s++)
    if (thalnet__sees(learned, i, s) > 0) return 1;
  return 0;
}

/* Parts that have lost all that they saw are no more; the others keep their order. */
static thalnet_status thalnet__spread(const thalnet__learned *learned, const thalnet_module *module,
                                      thalnet__reader *reader) {
  const size_t olds = thalnet__part_count(learned->old), slices = learned->net->module_count;
  size_t parts = 0, first = 0, made = 0;
  for (size_t i = 0; i <= olds; i++) {
    if (!thalnet__sees_any(learned, i)) continue;
    if (parts++ == 0) first = i == olds || thalnet__has_gate(thalnet__part_at(learned->old, i));
  }
  if (parts == 1 && first == 0) return THALNET_OK; /* whole */
  if (parts > THALNET_COUNT_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "module '%s': its reader would have more than %d parts", module->name,
                         THALNET_COUNT_LIMIT);
  THALNET__TRY(thalnet__make_parts(&learned->net->memory, reader, parts, first, slices));
  for (size_t i = 0; i <= olds; i++) {
    if (!thalnet__sees_any(learned, i)) continue;
    thalnet__reader *part = &reader->parts[made++];
    part->origin = i == olds ? THALNET__NONE : thalnet__part_at(learned->old, i)->number;
    for (size_t s = 0; s < slices; s++) part->slices[s].count = thalnet__sees(learned, i, s);
  }
  return THALNET_OK;
}

static thalnet_status thalnet__spread_reader(thalnet_center *net, thalnet_module *module) {
  const thalnet_module *before = module->origin == THALNET__NONE ? NULL : net->origin->modules[module->origin];
  thalnet__reader *reader = &module->reader.reading;
  thalnet__release_parts(&net->memory, reader);
  if (before == NULL || !thalnet__has_reader(before)) return THALNET_OK;
  return thalnet__spread(&(thalnet__learned){net, reader, &before->reader.reading}, module, reader);
}

/* Of modules that share an origin the first has what others have learned of it. */
static void thalnet__find_heirs(thalnet_center *net) {
  for (size_t m = 0; m < net->module_count; m++) {
    net->modules[m]->heir = net->modules[m]->origin;
    for (size_t s = 0; s < m; s++)
      if (net->modules[s]->origin == net->modules[m]->origin) net->modules[m]->heir = THALNET__NONE;
  }
}

/* --- places --- */

static void thalnet__place_part(const thalnet_center *net, const thalnet__reader *reader, size_t number) {
  thalnet__reader *part = &reader->parts[number];
  const thalnet__reader like = *part;
  *part = *reader;
  part->parts = NULL;
  part->part_count = part->seen = 0;
  part->slices = like.slices;
  part->slice_count = like.slice_count;
  part->number = like.number;
  part->origin = like.origin;
  for (size_t s = 0; s < part->slice_count; s++) {
    const thalnet__columns *before = number == 0 ? NULL : &reader->parts[number - 1].slices[s];
    const size_t column = before == NULL ? net->modules[s]->offset : before->from + before->gap + before->count;
    part->slices[s].from = part->seen;
    part->slices[s].gap = column - part->seen;
    part->seen += part->slices[s].count;
  }
}

thalnet_status thalnet__lay_out_parts(thalnet_center *net) {
  if (net->origin != NULL) thalnet__find_heirs(net);
  for (size_t m = 0; m < net->module_count; m++) {
    thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL || thalnet__is_static(reader)) continue;
    if (net->origin != NULL) THALNET__TRY(thalnet__spread_reader(net, net->modules[m]));
    for (size_t i = 0; i < reader->part_count; i++) thalnet__place_part(net, reader, i);
  }
  return THALNET_OK;
}
