/* SPDX-License-Identifier: MIT */
/* Describing a network before it is built. Both the API and the model file's loader come through here, so that a bound is
 * written down once. Every call fails with THALNET_ERROR_STATE on a built center and leaves the draft as it was on error. */
#ifndef THALNET_NETWORK_DECLARE_H
#define THALNET_NETWORK_DECLARE_H

#include "network/network.h"

thalnet_status thalnet__declare_center(const thalnet_center_options *options, thalnet_center **net_out);
/* A draft with the same options, and nothing declared. */
thalnet_status thalnet__declare_like(const thalnet_center *net, thalnet_center **draft_out);
thalnet_status thalnet__declare_input(thalnet_center *net, const char *name, size_t size, int tokens,
                                      int32_t steps_per_frame, int32_t *number_out);
thalnet_status thalnet__declare_output(thalnet_center *net, const char *name, size_t size, const thalnet__loss *loss,
                                       real weight, int32_t steps_per_frame, int32_t *number_out);
/* name NULL: "module<number>" */
thalnet_status thalnet__declare_module(thalnet_center *net, const char *name, thalnet_module **module_out);
/* Of the layer, what its options say: kind, units, variant, norm, zoneout and where its gates start. A kind of the host is copied. */
thalnet_status thalnet__declare_layer(thalnet_module *module, const thalnet__layer *layer);
thalnet_status thalnet__declare_reader(thalnet_module *module, const thalnet__reader_kind *kind, size_t context,
                                       int skip_own, real gain);
thalnet_status thalnet__connect_input(thalnet_module *module, int32_t input);
thalnet_status thalnet__connect_output(thalnet_module *module, int32_t output);
/* Bounds of thalnet_center_options.settle_steps. */
thalnet_status thalnet__check_settle_steps(int64_t settle_steps);

#endif
