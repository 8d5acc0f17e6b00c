/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "error.h"
#include "system.h"
#include "wiring.h"

int example_reads(const thalnet_center *net) {
  for (int32_t i = 0; i < thalnet_center_module_count(net); i++)
    if (thalnet_center_module_reader(net, i)) return 1;
  return 0;
}

thalnet_status example_print_routing(FILE *stream, const thalnet_center *net, thalnet_batch *batch, int32_t measure) {
  size_t modules = (size_t)thalnet_center_module_count(net);
  if (!example_reads(net)) return THALNET_OK;
  float *values = calloc(modules * modules, sizeof *values);
  if (!values) return THALNET_ERROR_MEMORY;
  thalnet_status status = thalnet_center_routing(net, batch, measure, values, modules * modules);
  if (status == THALNET_OK) {
    fprintf(stream, "routing, %s: how strongly each module (row) reads each module (column)\n%12s",
            measure == THALNET_ROUTING_SHARE ? "contribution to the context" : "size of the reading weights", "");
    for (size_t j = 0; j < modules; j++) fprintf(stream, " %9s", thalnet_center_module_name(net, (int32_t)j));
    for (size_t i = 0; i < modules; i++) {
      fprintf(stream, "\n%12s", thalnet_center_module_name(net, (int32_t)i));
      for (size_t j = 0; j < modules; j++) fprintf(stream, " %9.3f", (double)values[i * modules + j]);
    }
    fputc('\n', stream);
  }
  free(values);
  return status;
}

static int save_routing(const char *program, const char *path, const thalnet_center *net, thalnet_batch *batch) {
  FILE *stream = fopen(path, "w");
  if (!stream) {
    example_complain(program, "%s: %s", path, strerror(errno));
    return -1;
  }
  thalnet_status status = example_print_routing(stream, net, batch, THALNET_ROUTING_WEIGHT);
  if (status == THALNET_OK) status = example_print_routing(stream, net, batch, THALNET_ROUTING_SHARE);
  int written = !ferror(stream);
  if (fclose(stream)) written = 0;
  if (status)
    example_complain(program, "%s", thalnet_error_text());
  else if (!written)
    example_complain(program, "%s: %s", path, strerror(errno));
  return status || !written ? -1 : 0;
}

static int save_wiring(const char *program, const char *folder, thalnet_center *net, thalnet_batch *batch) {
  const struct example_wired wired = {"Who reads whom", net, batch};
  struct example_error error = {""};
  int status = example_save_wiring(folder, &wired, &error);
  if (!status) status = example_save_causes(folder, net, batch, &error);
  if (status) example_complain(program, "%s", error.text);
  return status;
}

int example_save(const char *program, const char *folder, thalnet_center *net, thalnet_batch *batch, int quiet) {
  int status = -1;
  char *model = example_join(folder, "model.safetensors"), *routing = example_join(folder, "routing.txt");
  if (!model || !routing) {
    example_complain(program, "no memory");
  } else if (thalnet_center_save(net, model, NULL)) {
    example_complain(program, "%s", thalnet_error_text());
  } else if (!example_reads(net)) {
    if (!quiet) printf("saved %s\n", model);
    status = 0;
  } else if (save_routing(program, routing, net, batch) == 0 && save_wiring(program, folder, net, batch) == 0) {
    if (!quiet) printf("saved %s, %s and a graph of it\n", model, routing);
    status = 0;
  }
  free(model);
  free(routing);
  return status;
}
