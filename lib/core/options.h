/* SPDX-License-Identifier: MIT */
/* Reading sized option structures: the rules are in thalnet/thalnet.h. */
#ifndef THALNET_CORE_OPTIONS_H
#define THALNET_CORE_OPTIONS_H

#include <stddef.h>

#include <thalnet/status.h>

/* Copies the caller's structure over the defaults in `known`. first_size: the structure's size in the first release that had
 * it, which no caller can be below; known_size: its size now. `given` NULL leaves the defaults. Fields that this library does
 * not know must be zero. known->struct_size is known_size afterwards. */
thalnet_status thalnet__read_options(void *known, size_t known_size, size_t first_size, const void *given,
                                     const char *name);

#endif
