/* SPDX-License-Identifier: MIT */
/* Loading and saving a network: docs/format.md. */
#ifndef THALNET_IO_MODEL_H
#define THALNET_IO_MODEL_H

#include <thalnet/file.h>

#include "network/network.h"

/* Both give a built center of the caller's, NULL on error; options as in thalnet_center_load. */
thalnet_status thalnet__model_load(const char *path, const thalnet_load_options *options, thalnet_center **net_out);
thalnet_status thalnet__model_load_memory(const void *bytes, size_t size, const thalnet_load_options *options,
                                          thalnet_center **net_out);

/* A built center that nobody writes meanwhile. */
thalnet_status thalnet__model_save(const thalnet_center *net, const char *path, const thalnet_save_options *options);
/* bytes NULL: only *size_out is set. */
thalnet_status thalnet__model_save_memory(const thalnet_center *net, void *bytes, size_t size, size_t *size_out);

#endif
