/* SPDX-License-Identifier: MIT */
/* What the programs leave behind: the routing table and the saved network. */
#ifndef EXAMPLE_REPORT_H
#define EXAMPLE_REPORT_H

#include <stdio.h>

#include <thalnet/thalnet.h>

/* Whether any module has a reader. */
int example_reads(const thalnet_center *net);

/* Prints how strongly each module reads each other one, for the measure THALNET_ROUTING_WEIGHT or THALNET_ROUTING_SHARE;
 * the batch's inputs are what dynamic readers, and the share, are measured on. Nothing is printed for networks without
 * readers. Returns the library's status. */
thalnet_status example_print_routing(FILE *stream, const thalnet_center *net, thalnet_batch *batch, int32_t measure);

/* Writes folder/model.safetensors, folder/routing.txt and the files of wiring.h and causes.h, and says so on stdout unless `quiet`. The
 * batch has contents with labels. Returns 0, or -1 after a complaint on
 * stderr. */
int example_save(const char *program, const char *folder, thalnet_center *net, thalnet_batch *batch, int quiet);

#endif
