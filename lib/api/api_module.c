/* SPDX-License-Identifier: MIT */
/* thalnet/module.h, thalnet/layer.h and thalnet/reader.h. */
#include <thalnet/layer.h>
#include <thalnet/module.h>
#include <thalnet/reader.h>

#include "api/handles.h"
#include "api/remember.h"
#include "core/options.h"
#include "module/host_layer.h"
#include "network/declare.h"

static thalnet_status thalnet__check_switch(const char *call, const char *name, int32_t value) {
  if (value == 0 || value == 1) return THALNET_OK;
  return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: %s is %d, not 0 or 1", call, name, value);
}

static thalnet_status thalnet__add_dense(thalnet_module *module, size_t units, int32_t activation,
                                         const thalnet_dense_options *given) {
  thalnet_dense_options options = THALNET_DENSE_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_dense_options"));
  if (activation < THALNET_IDENTITY || activation > THALNET_SIGMOID)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_module_add_dense: there is no activation %d", activation);
  THALNET__TRY(thalnet__check_switch("thalnet_module_add_dense", "layer_norm", options.layer_norm));
  if (options.reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_dense_options: reserved is not 0");
  const thalnet__layer layer = {
      .kind = &thalnet__dense, .units = units, .variant = activation, .norm = options.layer_norm};
  return thalnet__declare_layer(module, &layer);
}

thalnet_status thalnet_module_add_dense(thalnet_module *module, size_t units, int32_t activation,
                                        const thalnet_dense_options *options) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_add_dense"));
  return thalnet__remember(module->net, thalnet__add_dense(module, units, activation, options));
}

static thalnet_status thalnet__add_gru(thalnet_module *module, size_t units, const thalnet_gru_options *given) {
  thalnet_gru_options options = THALNET_GRU_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_gru_options"));
  if (options.reset != THALNET_RESET_AFTER && options.reset != THALNET_RESET_BEFORE)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_module_add_gru: reset is %d, not 0 or 1", options.reset);
  THALNET__TRY(thalnet__check_switch("thalnet_module_add_gru", "layer_norm", options.layer_norm));
  if (options.reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_gru_options: reserved is not 0");
  const thalnet__layer layer = {.kind = &thalnet__gru,
                                .units = units,
                                .variant = options.reset,
                                .norm = options.layer_norm,
                                .zoneout = options.zoneout,
                                .gate_bias = options.gate_bias,
                                .time_scale = options.time_scale};
  return thalnet__declare_layer(module, &layer);
}

thalnet_status thalnet_module_add_gru(thalnet_module *module, size_t units, const thalnet_gru_options *options) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_add_gru"));
  return thalnet__remember(module->net, thalnet__add_gru(module, units, options));
}

static thalnet_status thalnet__add_lstm(thalnet_module *module, size_t units, const thalnet_lstm_options *given) {
  thalnet_lstm_options options = THALNET_LSTM_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_lstm_options"));
  THALNET__TRY(thalnet__check_switch("thalnet_module_add_lstm", "layer_norm", options.layer_norm));
  if (options.reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_lstm_options: reserved is not 0");
  const thalnet__layer layer = {.kind = &thalnet__lstm,
                                .units = units,
                                .norm = options.layer_norm,
                                .zoneout = options.zoneout,
                                .cell_zoneout = options.cell_zoneout,
                                .gate_bias = options.gate_bias,
                                .time_scale = options.time_scale};
  return thalnet__declare_layer(module, &layer);
}

thalnet_status thalnet_module_add_lstm(thalnet_module *module, size_t units, const thalnet_lstm_options *options) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_add_lstm"));
  return thalnet__remember(module->net, thalnet__add_lstm(module, units, options));
}

static thalnet_status thalnet__add_layer(thalnet_module *module, size_t units, const thalnet_layer *given) {
  thalnet__host_layer host;
  THALNET__TRY(thalnet__check_pointer(given, "thalnet_module_add_layer", "layer"));
  THALNET__TRY(thalnet__host_layer_read(given, &host));
  const thalnet__layer layer = {.kind = &host.kind, .units = units};
  return thalnet__declare_layer(module, &layer);
}

thalnet_status thalnet_module_add_layer(thalnet_module *module, size_t units, const thalnet_layer *layer) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_add_layer"));
  return thalnet__remember(module->net, thalnet__add_layer(module, units, layer));
}

thalnet_status thalnet_activate(real *values, size_t count, int32_t activation) {
  enum { PIECE = 256 };
  static const real zeros[PIECE];
  THALNET__TRY(thalnet__check_pointer(values, "thalnet_activate", "values"));
  if (activation < THALNET_IDENTITY || activation > THALNET_SIGMOID)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_activate: there is no activation %d", activation);
  const thalnet__kernels *kernels = thalnet__kernels_get();
  const thalnet__floating mode = thalnet__floating_enter();
  for (size_t at = 0; at < count; at += PIECE) {
    const size_t width = count - at < PIECE ? count - at : PIECE;
    kernels->activate(activation, 1, width, (thalnet__const_rows){zeros, 0}, (thalnet__rows){values + at, width});
  }
  thalnet__floating_leave(mode);
  return THALNET_OK;
}

thalnet_status thalnet_module_connect_input(thalnet_module *module, int32_t input) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_connect_input"));
  return thalnet__remember(module->net, thalnet__connect_input(module, input));
}

thalnet_status thalnet_module_connect_output(thalnet_module *module, int32_t output) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_connect_output"));
  return thalnet__remember(module->net, thalnet__connect_output(module, output));
}

static thalnet_status thalnet__add_reader(thalnet_module *module, int32_t kind, size_t context,
                                          const thalnet_reader_options *given) {
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_reader_options"));
  if (options.skip_own != 0 && options.skip_own != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_module_add_reader: skip_own is %d, not 0 or 1",
                         options.skip_own);
  if (options.reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_reader_options: reserved is not 0");
  const thalnet__reader_kind *known = thalnet__reader_find(kind, options.normalize);
  if (known == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_module_add_reader: there is no reader %d with normalize %d",
                         kind, options.normalize);
  return thalnet__declare_reader(module, known, context, options.skip_own, options.gain);
}

thalnet_status thalnet_module_add_reader(thalnet_module *module, int32_t kind, size_t context,
                                         const thalnet_reader_options *options, thalnet_reader **reader_out) {
  if (reader_out != NULL) *reader_out = NULL;
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_add_reader"));
  THALNET__TRY(thalnet__remember(module->net, thalnet__add_reader(module, kind, context, options)));
  if (reader_out != NULL) *reader_out = &module->reader;
  return THALNET_OK;
}

static int thalnet__is_reader(const thalnet_reader *reader) {
  return reader != NULL && reader->magic == THALNET__READER_MAGIC;
}

int32_t thalnet_reader_kind(const thalnet_reader *reader) {
  return thalnet__is_reader(reader) ? reader->reading.kind->number : -1;
}

size_t thalnet_reader_context(const thalnet_reader *reader) {
  return thalnet__is_reader(reader) ? reader->reading.context : 0;
}

int32_t thalnet_reader_skips_own(const thalnet_reader *reader) {
  return thalnet__is_reader(reader) ? reader->reading.skip_own : 0;
}

const thalnet_reader *thalnet_center_module_reader(const thalnet_center *net, int32_t module) {
  if (net == NULL || net->magic != THALNET__CENTER_MAGIC || module < 0 || (size_t)module >= net->module_count)
    return NULL;
  return thalnet__has_reader(net->modules[module]) ? &net->modules[module]->reader : NULL;
}
