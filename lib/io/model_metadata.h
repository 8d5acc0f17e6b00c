/* SPDX-License-Identifier: MIT */
/* The network's shape as pairs of strings, and back: the table in docs/format.md. */
#ifndef THALNET_IO_MODEL_METADATA_H
#define THALNET_IO_MODEL_METADATA_H

#include "io/model_layers.h"
#include "io/safetensors.h"
#include "io/words.h"
#include "network/network.h"

#define THALNET__FORMAT_VERSION "1"
#define THALNET__KEY_CHECKSUM "thalnet.checksum"
#define THALNET__CHECKSUM_ZEROS "00000000"

/* What a file that is more than a network has in its metadata and before the names of its further tensors. */
#define THALNET__KEY_CHECKPOINT "thalnet.checkpoint"
#define THALNET__CHECKPOINT_TENSORS "checkpoint."

/* Appends a built center's pairs, without the braces around them. *checksum: where in the text the checksum's eight digits are, which are
 * zeros. */
void thalnet__describe_network(thalnet__text *text, const thalnet_center *net, size_t *checksum);

/* Declares on an empty draft what the pairs describe, with the host's layers where it has such. The declaring calls check
 * every number and name; what they refuse is THALNET_ERROR_FORMAT here, or THALNET_ERROR_LIMIT; THALNET_ERROR_UNSUPPORTED
 * or _MISMATCH of such layers. Takes every pair of ours, and fails where one is left. */
thalnet_status thalnet__declare_network(thalnet__header *header, const thalnet__host_layers *layers,
                                        thalnet_center *net);

/* What the two share: the names of activations by number; NULL: there is none. */
const char *thalnet__activation_name(int32_t activation);

#endif
