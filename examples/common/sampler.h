/* SPDX-License-Identifier: MIT */
/* Writing text with a network that predicts the next character, one at a time: the live use of a network. */
#ifndef EXAMPLE_SAMPLER_H
#define EXAMPLE_SAMPLER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <thalnet/thalnet.h>

#include "network.h"
#include "text.h"

/* Reads the prompt, then writes it and `count` characters more. Every byte of the prompt occurs in the text. */
thalnet_status example_sample(const thalnet_center *net, const struct example_ports *ports,
                              const struct example_text *text, const char *prompt, size_t count, double temperature,
                              uint64_t seed, FILE *stream);

#endif
