/* SPDX-License-Identifier: MIT */
/* thalnet/center.h: building. */
#include <string.h>

#include "api/handles.h"
#include "api/remember.h"
#include "core/options.h"
#include "network/build.h"
#include "network/carry.h"
#include "network/declare.h"
#include "network/freeze.h"
#include "network/prepare.h"

thalnet_status thalnet__remember(thalnet_center *net, thalnet_status status) {
  if (status != THALNET_OK && net->failure == THALNET_OK && !net->built) {
    net->failure = status;
    memcpy(net->failure_text, thalnet__error_text(), sizeof net->failure_text);
  }
  return status;
}

thalnet_status thalnet_center_create(const thalnet_center_options *options, thalnet_center **net_out) {
  if (net_out != NULL) *net_out = NULL;
  THALNET__TRY(thalnet__check_pointer(net_out, "thalnet_center_create", "net_out"));
  return thalnet__declare_center(options, net_out);
}

static thalnet_status thalnet__add_input(thalnet_center *net, const char *name, size_t size,
                                         const thalnet_input_options *given, int32_t *input_out) {
  thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_input_options"));
  if (options.tokens != 0 && options.tokens != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_center_add_input: tokens is %d, not 0 or 1", options.tokens);
  return thalnet__declare_input(net, name, size, options.tokens, options.steps_per_frame, input_out);
}

thalnet_status thalnet_center_add_input(thalnet_center *net, const char *name, size_t size,
                                        const thalnet_input_options *options, int32_t *input_out) {
  if (input_out != NULL) *input_out = -1;
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_add_input"));
  return thalnet__remember(net, thalnet__add_input(net, name, size, options, input_out));
}

static thalnet_status thalnet__add_output(thalnet_center *net, const char *name, size_t size, int32_t loss,
                                          const thalnet_output_options *given, int32_t *output_out) {
  thalnet_output_options options = THALNET_OUTPUT_OPTIONS_INIT;
  const thalnet__loss *known = thalnet__loss_find(loss);
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_output_options"));
  if (known == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_center_add_output: there is no loss %d", loss);
  return thalnet__declare_output(net, name, size, known, options.weight, options.steps_per_frame, output_out);
}

thalnet_status thalnet_center_add_output(thalnet_center *net, const char *name, size_t size, int32_t loss,
                                         const thalnet_output_options *options, int32_t *output_out) {
  if (output_out != NULL) *output_out = -1;
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_add_output"));
  return thalnet__remember(net, thalnet__add_output(net, name, size, loss, options, output_out));
}

static thalnet_status thalnet__add_module(thalnet_center *net, const char *name, const thalnet_module_options *given,
                                          thalnet_module **module_out) {
  thalnet_module_options options = THALNET_MODULE_OPTIONS_INIT;
  THALNET__TRY(thalnet__check_pointer(module_out, "thalnet_center_add_module", "module_out"));
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_module_options"));
  return thalnet__declare_module(net, name, module_out);
}

thalnet_status thalnet_center_add_module(thalnet_center *net, const char *name, const thalnet_module_options *options,
                                         thalnet_module **module_out) {
  if (module_out != NULL) *module_out = NULL;
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_add_module"));
  return thalnet__remember(net, thalnet__add_module(net, name, options, module_out));
}

/* What the network that was edited has learned. */
static thalnet_status thalnet__take_over(thalnet_center *net) {
  if (net->origin == NULL) return THALNET_OK;
  THALNET__TRY(thalnet__check_readable(net->origin));
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *source = thalnet__carry_source(net, net->origin, &net->tensors[t]);
    if (source != NULL) net->tensors[t].frozen = source->frozen;
  }
  thalnet__apply_frozen(net);
  return thalnet__carry_block(net, net->origin, THALNET__CARRY_WEIGHTS, net->origin->parameters, net->parameters);
}

static thalnet_status thalnet__build(thalnet_center *net, uint64_t seed) {
  THALNET__TRY(thalnet__layout(net));
  THALNET__TRY(thalnet__allocate_parameters(net));
  thalnet__initialize(net, seed);
  thalnet_status status = thalnet__take_over(net);
  if (status == THALNET_OK) status = thalnet__prepare(net);
  if (status != THALNET_OK) thalnet__unbuild(net);
  if (status == THALNET_OK && net->origin != NULL) {
    thalnet__center_drop(net->origin);
    net->origin = NULL;
  }
  return status;
}

thalnet_status thalnet_center_build(thalnet_center *net, uint64_t seed) {
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_build"));
  if (net->built) return thalnet__fail(THALNET_ERROR_STATE, "thalnet_center_build: the center is built already");
  if (net->failure != THALNET_OK) return thalnet__fail_again(net->failure, net->failure_text);
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__build(net, seed);
  thalnet__floating_leave(mode);
  return status;
}

void thalnet_center_free(thalnet_center *net) {
  if (net == NULL || net->magic != THALNET__CENTER_MAGIC) return;
  net->magic = 0; /* it may live on for its batches, states and optimizers, but not for the host */
  thalnet__center_drop(net);
}

thalnet_status thalnet_center_measure(const thalnet_center *net, thalnet_center_size *size) {
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_measure"));
  THALNET__TRY(thalnet__check_pointer(size, "thalnet_center_measure", "size"));
  if (size->struct_size != sizeof *size)
    return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_center_measure: struct_size %zu is not %zu", size->struct_size,
                         sizeof *size);
  /* laying a draft out again is harmless: it only writes places that build writes anew */
  if (!net->built && net->failure != THALNET_OK) return thalnet__fail_again(net->failure, net->failure_text);
  if (!net->built) THALNET__TRY(thalnet__layout((thalnet_center *)(uintptr_t)net));
  thalnet__measure(net, size);
  return THALNET_OK;
}
