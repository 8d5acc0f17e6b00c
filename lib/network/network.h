/* SPDX-License-Identifier: MIT */
/* The network: what is declared on a center, and where everything lies once it is built.
 *
 * Memory of a running sequence, M = P + E numbers: the center [P], then the layers' own memory [E] in the order of modules and
 * layers. A recurrent last layer has its hidden state in the center: its features are its state. */
#ifndef THALNET_NETWORK_NETWORK_H
#define THALNET_NETWORK_NETWORK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/reader.h>

#include "center/parts.h"
#include "core/memory.h"
#include "core/real.h"
#include "core/status.h"
#include "core/threads.h"
#include "math/kernels.h"
#include "math/matrix.h"
#include "module/layer.h"
#include "network/loss.h"

#define THALNET__NONE SIZE_MAX /* no module, no layer, no number */

/* First member of every handle; another value means not a handle of that type, or one that is gone. */
enum {
  THALNET__CENTER_MAGIC = 0x7a11c001,
  THALNET__MODULE_MAGIC = 0x7a11c002,
  THALNET__READER_MAGIC = 0x7a11c003,
  THALNET__BATCH_MAGIC = 0x7a11c004,
  THALNET__STATE_MAGIC = 0x7a11c005,
  THALNET__OPTIMIZER_MAGIC = 0x7a11c006,
  THALNET__CHECKPOINT_MAGIC = 0x7a11c007,
  THALNET__GRAPH_MAGIC = 0x7a11c008,
  THALNET__WATCH_MAGIC = 0x7a11c009
};

typedef struct thalnet__input {
  char name[THALNET_NAME_LIMIT + 1];
  size_t size;
  int tokens;
  size_t steps_per_frame;
  size_t frames;    /* within one frame of a batch */
  size_t connected; /* modules */
  size_t origin;    /* drafts and what is built of them: number in the network that was edited, or THALNET__NONE */
} thalnet__input;

typedef struct thalnet__output {
  char name[THALNET_NAME_LIMIT + 1];
  size_t size;
  const thalnet__loss *loss;
  real weight;
  size_t steps_per_frame;
  size_t frames;
  size_t connected;
  size_t origin;          /* as of inputs */
  size_t bias;            /* place in the parameter block */
  size_t span, span_size; /* the part of the center from its first to its last module */
  thalnet__matrix head;   /* [size, span_size], zeros where nobody is connected */
} thalnet__output;

/* One input of a module. */
typedef struct thalnet__connection {
  int32_t number; /* of the input or output */
  size_t column;  /* inputs: first column in the first layer's weights */
  size_t place; /* outputs: V [size, features] in the parameter block; tokens: transposed columns in the prepared one */
  thalnet__matrix matrix; /* inputs: their columns of the first layer's weights; kept for dense ones only */
} thalnet__connection;

typedef struct thalnet__place {
  thalnet__layer layer;
  size_t hidden; /* where its hidden state is in a row of memory (in the center for a last layer); recurrent only */
  size_t cell;   /* LSTM */
} thalnet__place;

struct thalnet_reader {
  uint32_t magic;
  const thalnet_module *module;
  thalnet__reader reading;
};

struct thalnet_module {
  uint32_t magic;
  thalnet_center *net;
  char name[THALNET_NAME_LIMIT + 1];
  thalnet__place *layers;
  size_t layer_count, layer_capacity;
  thalnet__connection *inputs, *outputs;
  size_t input_count, input_capacity, output_count, output_capacity;
  thalnet_reader reader;
  size_t features, offset; /* in the center */
  size_t origin;           /* as of inputs */
  size_t heir;             /* its origin, too, but of a split only the first module's: THALNET__NONE for the others */
};

/* "modules.18446744073709551615.reader.parts.18446744073709551615.variance_weight" and its end */
enum { THALNET__TENSOR_NAME_SIZE = 80 };

typedef struct thalnet__tensor {
  char name[THALNET__TENSOR_NAME_SIZE];
  size_t place, count;
  thalnet__shape shape;
  size_t module, layer; /* that it belongs to, or THALNET__NONE */
  size_t part;          /* of a reader, its number; else 0 */
  real bound;           /* starts uniform in +-bound, */
  real around;          /* around this */
  int decays;           /* weight decay applies */
  int normed;           /* a weight-norm matrix, which may not be all zeros */
  int32_t output;       /* of the output that it belongs to, or -1 */
  int start;            /* of the learned start */
  int frozen;           /* training leaves it alone */
} thalnet__tensor;

struct thalnet_center {
  uint32_t magic;
  atomic_size_t references;
  thalnet_memory memory;
  thalnet__threads threads;
  size_t chunk_option, settle_steps;
  int learned_start, in_order; /* as in thalnet_center_options */
  thalnet_status failure;      /* the first failing call while under construction */
  char failure_text[THALNET__ERROR_TEXT_SIZE];

  thalnet__input *inputs;
  thalnet__output *outputs;
  thalnet_module **modules;
  size_t input_count, input_capacity, output_count, output_capacity, module_count, module_capacity;
  thalnet_module **removed; /* modules of a draft that are no more: their handles are known to be wrong */
  size_t removed_count, removed_capacity;
  const thalnet_center *origin; /* of a draft: the network that is edited, kept alive */
  uint64_t id, origin_id;       /* of this center; of the one that it was made from, 0: of none */
  uint64_t seed;                /* of the build */

  /* Laid out by build. */
  int built;
  size_t steps_per_frame; /* of a batch */
  size_t features;        /* P */
  size_t own_memory;      /* E */
  size_t start;           /* learned: place of a row of memory, the tensors center.start and center.own_start */
  size_t contexts;        /* sum of C: static readers first */
  size_t static_contexts;
  thalnet__matrix readers; /* all static readers' effective matrices: [static_contexts, P]; nothing where in_order */
  size_t parameter_count, prepared_count;
  thalnet__tensor *tensors;
  size_t tensor_count;
  size_t chunk; /* sequences a chunk; SIZE_MAX: all */
  int slabs;    /* a large network: its threads share a chunk, each with parts of every layer */
  size_t depth; /* layers of the deepest module */
  size_t parts; /* of the layer that has most */
  size_t gradient_parts;

  const thalnet__kernels *kernels;
  real *parameters;
  real *prepared;    /* what is derived from the parameters: see network/prepare.h */
  real *gradients;   /* NULL until a batch for training exists */
  uint8_t *received; /* per tensor: has a gradient since the last step */
  int has_gradient;
  int lost_batch;   /* since the last step a batch was refused, for its loss is not finite */
  uint64_t version; /* counts writes */
  atomic_flag making_gradients;
  atomic_int writing; /* a call that writes is inside, or the block is lent */
  int lent;
  const unsigned char
      *unseen; /* [module][module], within analysis/ablation.c alone: 1: slices that a dynamic reader sees as zeros */
  atomic_int averaged; /* an optimizer's averages are in the place of the parameters: no step may be made */
};

/* The module's first layer sees the context after the task inputs. */
static inline const thalnet__layer *thalnet__first_layer(const thalnet_module *module) {
  return &module->layers[0].layer;
}
static inline const thalnet__layer *thalnet__last_layer(const thalnet_module *module) {
  return &module->layers[module->layer_count - 1].layer;
}
static inline int thalnet__has_reader(const thalnet_module *module) { return module->reader.reading.kind != NULL; }
static inline int thalnet__is_static(const thalnet__reader *reader) { return reader->kind->scale != NULL; }
static inline size_t thalnet__memory_values(const thalnet_center *net) { return net->features + net->own_memory; }

/* Whether the reader reads that slice at all, and in which column of its weights the slice begins. */
static inline int thalnet__reads(const thalnet__reader *reader, const thalnet_module *slice) {
  return !reader->skip_own || slice->offset != reader->offset;
}
static inline size_t thalnet__slice_column(const thalnet__reader *reader, const thalnet_module *slice) {
  return slice->offset - (reader->skip_own && slice->offset > reader->offset ? reader->features : 0);
}

/* Which columns of a reader's, or a part's, are of module number m. */
static inline thalnet__range thalnet__columns_of(const thalnet_center *net, const thalnet__reader *reader, size_t m) {
  const thalnet_module *slice = net->modules[m];
  if (reader->slices != NULL) return (thalnet__range){reader->slices[m].from, reader->slices[m].count};
  if (!thalnet__reads(reader, slice)) return (thalnet__range){0, 0};
  return (thalnet__range){thalnet__slice_column(reader, slice), slice->features};
}

/* The connection to what has that number, or NULL. */
static inline const thalnet__connection *thalnet__find_connection(const thalnet__connection *connections, size_t count,
                                                                  size_t number) {
  for (size_t k = 0; k < count; k++)
    if ((size_t)connections[k].number == number) return &connections[k];
  return NULL;
}

/* Takes the place of the one writer; THALNET_ERROR_BUSY when there is one. */
thalnet_status thalnet__begin_writing(thalnet_center *net);
void thalnet__end_writing(thalnet_center *net);
/* THALNET_ERROR_BUSY while a writer is inside. */
thalnet_status thalnet__check_readable(const thalnet_center *net);

void thalnet__module_destroy(const thalnet_memory *memory, thalnet_module *module);
void thalnet__center_keep(const thalnet_center *net);
void thalnet__center_drop(const thalnet_center *net);

#endif
