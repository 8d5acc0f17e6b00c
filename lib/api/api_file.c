/* SPDX-License-Identifier: MIT */
/* thalnet/file.h */
#include <thalnet/file.h>

#include "api/handles.h"
#include "io/model.h"

thalnet_status thalnet_center_load(const char *path, const thalnet_load_options *options, thalnet_center **net_out) {
  if (net_out != NULL) *net_out = NULL;
  THALNET__TRY(thalnet__check_pointer(net_out, "thalnet_center_load", "net_out"));
  THALNET__TRY(thalnet__check_pointer(path, "thalnet_center_load", "path"));
  return thalnet__model_load(path, options, net_out);
}

thalnet_status thalnet_center_load_memory(const void *bytes, size_t size, const thalnet_load_options *options,
                                          thalnet_center **net_out) {
  if (net_out != NULL) *net_out = NULL;
  THALNET__TRY(thalnet__check_pointer(net_out, "thalnet_center_load_memory", "net_out"));
  THALNET__TRY(thalnet__check_pointer(bytes, "thalnet_center_load_memory", "bytes"));
  return thalnet__model_load_memory(bytes, size, options, net_out);
}

thalnet_status thalnet_center_save(const thalnet_center *net, const char *path, const thalnet_save_options *options) {
  THALNET__TRY(thalnet__check_built(net, "thalnet_center_save"));
  THALNET__TRY(thalnet__check_pointer(path, "thalnet_center_save", "path"));
  THALNET__TRY(thalnet__check_readable(net));
  return thalnet__model_save(net, path, options);
}

thalnet_status thalnet_center_save_memory(const thalnet_center *net, void *bytes, size_t size, size_t *size_out) {
  if (size_out != NULL) *size_out = 0;
  THALNET__TRY(thalnet__check_built(net, "thalnet_center_save_memory"));
  THALNET__TRY(thalnet__check_pointer(size_out, "thalnet_center_save_memory", "size_out"));
  if (size > 0) THALNET__TRY(thalnet__check_pointer(bytes, "thalnet_center_save_memory", "bytes"));
  THALNET__TRY(thalnet__check_readable(net));
  return thalnet__model_save_memory(net, bytes, size, size_out);
}
