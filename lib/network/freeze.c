/* SPDX-License-Identifier: MIT */
#include "network/freeze.h"

#include <string.h>

/* Whether all tensors of a module's layer, or with layer THALNET__NONE of its reader, are frozen. */
static int thalnet__all_frozen(const thalnet_center *net, size_t module, size_t layer) {
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    if (tensor->module == module && tensor->layer == layer && tensor->output < 0 && !tensor->frozen) return 0;
  }
  return 1;
}

/* A gradient that has been added up is forgotten. */
static void thalnet__drop_gradient(thalnet_center *net, size_t t) {
  const thalnet__tensor *tensor = &net->tensors[t];
  if (net->gradients == NULL) return;
  memset(net->gradients + tensor->place, 0, tensor->count * sizeof *net->gradients);
  net->received[t] = 0;
}

void thalnet__apply_frozen(thalnet_center *net) {
  for (size_t m = 0; m < net->module_count; m++) {
    thalnet_module *module = net->modules[m];
    for (size_t j = 0; j < module->layer_count; j++) module->layers[j].layer.frozen = thalnet__all_frozen(net, m, j);
    module->reader.reading.frozen = thalnet__all_frozen(net, m, THALNET__NONE);
  }
  for (size_t t = 0; t < net->tensor_count; t++)
    if (net->tensors[t].frozen) thalnet__drop_gradient(net, t);
}

thalnet_status thalnet__set_frozen(thalnet_center *net, const char *prefix, int frozen) {
  const size_t length = strlen(prefix);
  size_t found = 0;
  for (size_t t = 0; t < net->tensor_count; t++) {
    if (strncmp(net->tensors[t].name, prefix, length) != 0) continue;
    net->tensors[t].frozen = frozen;
    found++;
  }
  if (found == 0) return thalnet__fail(THALNET_ERROR_DATA, "no tensor's name begins with '%.80s'", prefix);
  thalnet__apply_frozen(net);
  return THALNET_OK;
}
