/* SPDX-License-Identifier: MIT */
/* Model files as tests see them: bytes in memory, whose header can be edited and sealed again with a right checksum. */
#ifndef TESTS_API_MODEL_FILE_H
#define TESTS_API_MODEL_FILE_H

#include <stddef.h>

#include <thalnet/thalnet.h>

struct model {
  unsigned char *bytes;
  size_t size;
};

/* The file of a network. */
struct model model_of(const thalnet_center *net);
/* The file of a network of the given kind of SUPPORT_. */
struct model model_of_kind(int32_t kind);
/* The smallest file there is: one module of one unit. */
struct model model_tiny(void);
/* Length of the header's text. */
size_t model_header(const struct model *model);
/* Where this text first stands in the header; asserts that it does. */
char *model_find(const struct model *model, const char *text);
/* A copy in which the first `from` of the header has become `to`, sealed. */
struct model model_edit(const struct model *model, const char *from, const char *to);
/* A copy with another header, sealed where it has a checksum. */
struct model model_with_header(const struct model *model, const char *header, size_t length);
/* A copy with `count` more bytes of data at the end, sealed. */
struct model model_longer(const struct model *model, size_t count);
/* A copy without its last tensor and its data, sealed. */
struct model model_shorter(const struct model *model);
/* Writes the right checksum. */
void model_seal(struct model *model);
/* The data of the tensor of that name. */
unsigned char *model_tensor(const struct model *model, const char *name);
/* Loads; asserts one of two statuses, that nothing escapes, and that no memory is kept. */
void model_loads_as(const struct model *model, thalnet_status one, thalnet_status other, const char *what);
void model_free(struct model *model);

#endif
