/* SPDX-License-Identifier: MIT */
/* How the features of a network are spread over the parts of its dynamic readers (center/parts.h). Within a slice they belong to the
 * parts in ascending order, because modules grow at their ends. */
#ifndef THALNET_NETWORK_SPREAD_H
#define THALNET_NETWORK_SPREAD_H

#include "network/network.h"

/* Gives a reader so many parts, which see nothing yet of any of the `slices` modules; numbers begin with `first`. */
thalnet_status thalnet__make_parts(const thalnet_memory *memory, thalnet__reader *reader, size_t parts, size_t first,
                                   size_t slices);
void thalnet__release_parts(const thalnet_memory *memory, thalnet__reader *reader);

/* Of a draft of an edited network: who sees what, by what the old parts saw; what none of them did goes to a new one. Of any network,
 * once readers know their own features and contexts: where everything lies that parts see. THALNET_ERROR_LIMIT, THALNET_ERROR_MEMORY. */
thalnet_status thalnet__lay_out_parts(thalnet_center *net);

#endif
