/* SPDX-License-Identifier: MIT */
/* Names what was handed over in place of a model file, for error texts. */
#ifndef THALNET_IO_ALIEN_H
#define THALNET_IO_ALIEN_H

#include <stddef.h>

/* From the first (nine) bytes of a file that is not a safetensors file; never NULL. */
const char *thalnet__alien_name(const unsigned char *bytes, size_t size);

#endif
