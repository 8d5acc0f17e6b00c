/* SPDX-License-Identifier: MIT */
/* What loaders have in common once the header is read: which tensors they want, the checksum, the data. */
#ifndef THALNET_IO_CONTENTS_H
#define THALNET_IO_CONTENTS_H

#include "core/real.h"
#include "core/status.h"
#include "io/crc32.h"
#include "io/safetensors.h"
#include "io/source.h"

/* The tensor of that name must be there, in that shape; its numbers will go to block + place. */
thalnet_status thalnet__want_tensor(const thalnet__header *header, const char *name, size_t rank,
                                    const uint64_t *dimensions, size_t place);
/* Every tensor of the file is wanted or skipped. */
thalnet_status thalnet__expect_no_more(const thalnet__header *header);

/* The sum over the header with its own digits as zeros. They must stand there as they are, not as escapes. */
thalnet_status thalnet__sum_header(thalnet__header *header, thalnet__crc *crc, const char **digits);
/* The data in the order of the file; what is wanted goes to `block`. */
thalnet_status thalnet__read_data(const thalnet__header *header, thalnet__source *source, thalnet__crc *crc,
                                  real *block);
/* THALNET_ERROR_CHECKSUM unless the sum is that of the digits. */
thalnet_status thalnet__check_sum(const thalnet__crc *crc, const char *digits);

#endif
