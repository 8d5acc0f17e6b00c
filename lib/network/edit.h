/* SPDX-License-Identifier: MIT */
/* Drafts that are made from a built network, and what can be done to any draft beside adding to it. thalnet/edit.h says what the calls
 * promise; network/carry.h has what a build takes over. */
#ifndef THALNET_NETWORK_EDIT_H
#define THALNET_NETWORK_EDIT_H

#include "network/network.h"

/* A draft that is declared as net is, and knows where everything comes from. */
thalnet_status thalnet__edit(const thalnet_center *net, thalnet_center **draft_out);

thalnet_status thalnet__remove_module(thalnet_module *module);
thalnet_status thalnet__split_module(thalnet_module *module, const char *name, thalnet_module **second_out);
thalnet_status thalnet__grow_layer(thalnet_module *module, size_t number, size_t units);
thalnet_status thalnet__disconnect_input(thalnet_module *module, int32_t input);
thalnet_status thalnet__disconnect_output(thalnet_module *module, int32_t output);
thalnet_status thalnet__remove_input(thalnet_center *draft, int32_t input);
thalnet_status thalnet__remove_output(thalnet_center *draft, int32_t output);

#endif
