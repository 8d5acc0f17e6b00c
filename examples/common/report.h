/* SPDX-License-Identifier: MIT */
/* What the programs leave behind: the routing table, the saved network, and the last line of stdout. */
#ifndef EXAMPLE_REPORT_H
#define EXAMPLE_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include <thalnet/thalnet.h>

/* Prints how strongly each module reads each other one, for the measure THALNET_ROUTING_WEIGHT or THALNET_ROUTING_SHARE;
 * the batch's inputs are what dynamic readers, and the share, are measured on. Nothing is printed for networks without
 * readers. Returns the library's status. */
thalnet_status example_print_routing(FILE *stream, const thalnet_center *net, thalnet_batch *batch, int32_t measure);

/* Writes folder/model.safetensors and folder/routing.txt, and says so on stdout. Returns 0, or -1 after a complaint on
 * stderr. */
int example_save(const char *program, const char *folder, const thalnet_center *net, thalnet_batch *batch);

/* The last line of stdout, for scripts. Measures are in `measure` ("accuracy"), speed in `unit` ("sequences") a second. */
struct example_result {
  const char *measure, *unit;
  double test, validation;
  uint64_t parameters;
  double units_per_second;
  double seconds; /* of the whole program */
};
void example_print_result(const struct example_result *result);

#endif
