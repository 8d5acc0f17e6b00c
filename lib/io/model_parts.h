/* SPDX-License-Identifier: MIT */
/* For io/model_declare.c: the parts of a dynamic reader (center/parts.h), of which the metadata say what they see. */
#ifndef THALNET_IO_MODEL_PARTS_H
#define THALNET_IO_MODEL_PARTS_H

#include "network/network.h"

/* Whether all that the part without a gate saw was removed. */
int thalnet__lacks_first_part(const char *value);

/* How many parts with gates there are. THALNET_ERROR_FORMAT, THALNET_ERROR_LIMIT. */
thalnet_status thalnet__check_part_count(const char *key, const char *value, size_t *gated);

/* After that: gives module number m's reader its parts, when all modules have their layers. */
thalnet_status thalnet__read_parts(const char *key, const char *value, thalnet_center *net, size_t m);

#endif
