/* SPDX-License-Identifier: MIT */
/* The command line of pmnist, and the presets behind it. */
#ifndef PMNIST_SETTINGS_H
#define PMNIST_SETTINGS_H

#include "common/network.h"

struct pmnist_settings {
  const char *data, *out; /* folders, or NULL */
  long permutation;
  long images; /* train on so many, or -1: all */

  struct example_network network;

  long epochs, batch, seed, threads;
  double rate, dropout;
};

/* Returns -1 when the program should go on, otherwise its exit code. */
int pmnist_settings_parse(struct pmnist_settings *settings, int argc, char **argv);

#endif
