/* SPDX-License-Identifier: MIT */
#include "core/options.h"

#include <string.h>

#include "core/status.h"

/* No structure of ours will ever be larger; it keeps a garbage struct_size from being read beyond the structure. */
enum { THALNET__LARGEST_OPTIONS = 4096 };

thalnet_status thalnet__read_options(void *known, size_t known_size, size_t first_size, const void *given,
                                     const char *name) {
  size_t size;
  if (given == NULL) return THALNET_OK;
  memcpy(&size, given, sizeof size); /* struct_size is the first member of every such structure */
  if (size < first_size || size > THALNET__LARGEST_OPTIONS)
    return thalnet__fail(THALNET_ERROR_VERSION, "%s: struct_size %zu is not within %zu..%d", name, size, first_size,
                         THALNET__LARGEST_OPTIONS);
  const unsigned char *bytes = given;
  for (size_t i = known_size; i < size; i++)
    if (bytes[i] != 0)
      return thalnet__fail(THALNET_ERROR_VERSION, "%s: byte %zu is set but this library knows only %zu bytes", name, i,
                           known_size);
  memcpy(known, given, size < known_size ? size : known_size);
  memcpy(known, &known_size, sizeof known_size);
  return THALNET_OK;
}
