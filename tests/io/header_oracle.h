/* SPDX-License-Identifier: MIT */
/* What a safetensors header of ours must be, said a second time: by jansson and rules of its own. */
#ifndef TESTS_IO_HEADER_ORACLE_H
#define TESTS_IO_HEADER_ORACLE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The header's tree when it and its tensors over `data` bytes are good, else NULL. */
json_t *oracle_accept(const char *text, size_t size, uint64_t data);

#endif
