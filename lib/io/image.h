/* SPDX-License-Identifier: MIT */
/* A file to be: its header is described, its data are blocks of numbers. The bytes are made twice, first for the checksum that
 * stands near their beginning: so a file is written from front to back, and saving takes memory for a header only. */
#ifndef THALNET_IO_IMAGE_H
#define THALNET_IO_IMAGE_H

#include <thalnet/host.h>

#include "core/real.h"
#include "core/text.h"
#include "io/safetensors.h"

typedef struct thalnet__image {
  const thalnet_memory *memory;
  const void *subject;
  /* Appends the pairs, a closing brace, and the tensors. *checksum: where in the text its eight digits are, which are zeros. */
  void (*describe)(const void *subject, thalnet__text *text, size_t *checksum);
  /* The data's block `number`; NULL: there are no more. */
  const real *(*block)(const void *subject, size_t number, size_t *count);

  char *header; /* with the length before it */
  size_t header_size, size;
} thalnet__image;

/* A tensor's entry in the header; place: where in the data, in numbers. */
void thalnet__describe_tensor(thalnet__text *text, const char *prefix, const char *name, size_t rank,
                              const size_t *dimensions, size_t place);

/* The header that the file would have, but for the checksum. */
thalnet_status thalnet__image_header(const thalnet__image *image, thalnet__header *header);
/* bytes NULL: only *size_out is set. */
thalnet_status thalnet__image_save_memory(const thalnet__image *image, void *bytes, size_t size, size_t *size_out);
/* In one step: <path>.tmp is written, made durable and renamed. */
thalnet_status thalnet__image_save(const thalnet__image *image, const char *path, const thalnet_io *io);

#endif
