/* SPDX-License-Identifier: MIT */
/* From a file to a network. The order is what makes files from strangers safe: everything that can be known from the header is
 * checked before memory for parameters is asked for, and nobody sees the network before its last byte was checked. */
#include <string.h>

#include "core/floating.h"
#include "core/options.h"
#include "io/contents.h"
#include "io/host_files.h"
#include "io/model.h"
#include "io/model_metadata.h"
#include "io/safetensors.h"
#include "network/build.h"
#include "network/declare.h"
#include "network/prepare.h"

/* --- what the file may ask for --- */

/* Zeros in what is prepared: an output whose first and last module are far apart is a wide matrix; so is a static reader that
 * leaves its own module's many features out. */
static double thalnet__wasted(const thalnet_center *net) {
  double wasted = 0;
  for (size_t o = 0; o < net->output_count; o++) {
    size_t features = 0;
    for (size_t m = 0; m < net->module_count; m++)
      for (size_t k = 0; k < net->modules[m]->output_count; k++)
        if (net->modules[m]->outputs[k].number == (int32_t)o) features += net->modules[m]->features;
    wasted += (double)net->outputs[o].size * (double)(net->outputs[o].span_size - features);
  }
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind != NULL && thalnet__is_static(reader))
      wasted += (double)reader->context * (double)(reader->center - reader->seen);
  }
  return wasted;
}

static thalnet_status thalnet__check_limits(const thalnet_center *net, const thalnet_load_options *options) {
  thalnet_center_size size = {.struct_size = sizeof size};
  thalnet__measure(net, &size);
  if (size.parameters > options->max_parameters)
    return thalnet__fail(THALNET_ERROR_LIMIT, "%llu parameters, max_parameters is %llu",
                         (unsigned long long)size.parameters, (unsigned long long)options->max_parameters);
  if (size.step_operations > options->max_step_operations)
    return thalnet__fail(THALNET_ERROR_LIMIT, "%llu operations a step, max_step_operations is %llu",
                         (unsigned long long)size.step_operations, (unsigned long long)options->max_step_operations);
  const double wasted = thalnet__wasted(net), own = 4 * (double)size.parameters + 0x1p24;
  const double most = own < (double)options->max_parameters ? own : (double)options->max_parameters;
  if (wasted > most)
    return thalnet__fail(
        THALNET_ERROR_LIMIT,
        "outputs of modules far apart, readers without their own features: %.0f zeros between, the limit is %.0f",
        wasted, most);
  return THALNET_OK;
}

/* The file's tensors are the network's; a checkpoint's others are read over. */
static thalnet_status thalnet__match_tensors(const thalnet__header *header, const thalnet_center *net) {
  static const char training[] = THALNET__CHECKPOINT_TENSORS;
  const int checkpoint = thalnet__header_pair(header, THALNET__KEY_CHECKPOINT) != NULL;
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    uint64_t dimensions[3];
    for (int i = 0; i < tensor->shape.rank; i++) dimensions[i] = tensor->shape.dimensions[i];
    THALNET__TRY(thalnet__want_tensor(header, tensor->name, (size_t)tensor->shape.rank, dimensions, tensor->place));
  }
  for (size_t t = 0; t < header->tensor_count; t++)
    if (checkpoint && header->tensors[t].role == THALNET__UNEXPECTED &&
        strncmp(header->tensors[t].name, training, sizeof training - 1) == 0)
      header->tensors[t].role = THALNET__SKIPPED;
  return thalnet__expect_no_more(header);
}

/* --- all of it --- */

static thalnet_status thalnet__fill_network(thalnet__header *header, thalnet__source *source,
                                            const thalnet_load_options *options, thalnet_center *net) {
  thalnet__crc crc;
  const char *digits = NULL;
  const thalnet__host_layers layers = {options->layers, options->layer_count};
  THALNET__TRY(thalnet__declare_network(header, &layers, net));
  THALNET__TRY(thalnet__sum_header(header, &crc, &digits));
  THALNET__TRY(thalnet__layout(net));
  THALNET__TRY(thalnet__check_limits(net, options));
  THALNET__TRY(thalnet__match_tensors(header, net));
  THALNET__TRY(thalnet__allocate_parameters(net));
  THALNET__TRY(thalnet__read_data(header, source, &crc, net->parameters));
  THALNET__TRY(thalnet__check_sum(&crc, digits));
  const thalnet__floating mode = thalnet__floating_enter();
  thalnet_status status = THALNET_OK;
  if (!options->allow_nonfinite) status = thalnet__check_parameters(net, 0, net->parameter_count, net->parameters);
  if (status == THALNET_OK) status = thalnet__prepare(net);
  thalnet__floating_leave(mode);
  return status;
}

/* A network the file describes but that cannot be built, such as one without modules, is a fault of the file. */
static thalnet_status thalnet__load_into(thalnet__source *source, const thalnet_load_options *options,
                                         thalnet_center *net) {
  thalnet__header header;
  THALNET__TRY(thalnet__header_read(&header, &net->memory, source));
  const thalnet_status status = thalnet__fill_network(&header, source, options, net);
  thalnet__header_free(&header);
  return status == THALNET_ERROR_STATE ? THALNET_ERROR_FORMAT : status;
}

/* The options, and an empty draft made with them. */
static thalnet_status thalnet__prepare_load(const thalnet_load_options *given, thalnet_load_options *options,
                                            thalnet_io *io, thalnet_center **net_out) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  *options = (thalnet_load_options)THALNET_LOAD_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(options, sizeof *options, sizeof *options, given, "thalnet_load_options"));
  if (options->reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_load_options: reserved is not 0");
  if (options->allow_nonfinite != 0 && options->allow_nonfinite != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_load_options: allow_nonfinite %d is neither 0 nor 1",
                         (int)options->allow_nonfinite);
  const thalnet__host_layers layers = {options->layers, options->layer_count};
  THALNET__TRY(thalnet__check_host_layers(&layers));
  THALNET__TRY(thalnet__io_init(io, options->io));
  THALNET__TRY(thalnet__read_options(&center, sizeof center, sizeof center, options->center, "thalnet_center_options"));
  center.settle_steps = 0; /* what the file says counts */
  center.learned_start = center.in_order = 0;
  return thalnet__declare_center(&center, net_out);
}

thalnet_status thalnet__model_load(const char *path, const thalnet_load_options *given, thalnet_center **net_out) {
  thalnet_load_options options;
  thalnet_io io;
  thalnet__source source;
  thalnet_center *net;
  *net_out = NULL;
  THALNET__TRY(thalnet__prepare_load(given, &options, &io, &net));
  thalnet_status status = thalnet__source_open(&source, &io, path);
  if (status == THALNET_OK) status = thalnet__load_into(&source, &options, net);
  thalnet__source_close(&source);
  if (status == THALNET_OK) {
    *net_out = net;
    return THALNET_OK;
  }
  thalnet__center_drop(net);
  return thalnet__fail_within(status, path);
}

thalnet_status thalnet__model_load_memory(const void *bytes, size_t size, const thalnet_load_options *given,
                                          thalnet_center **net_out) {
  thalnet_load_options options;
  thalnet_io io;
  thalnet_center *net;
  thalnet__source source = thalnet__source_memory(bytes, size);
  *net_out = NULL;
  THALNET__TRY(thalnet__prepare_load(given, &options, &io, &net));
  const thalnet_status status = thalnet__load_into(&source, &options, net);
  if (status == THALNET_OK)
    *net_out = net;
  else
    thalnet__center_drop(net);
  return status;
}
