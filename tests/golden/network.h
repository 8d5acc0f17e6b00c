/* SPDX-License-Identifier: MIT */
/* From a fixture to the library's objects, by public calls alone. Everything here asserts success. */
#ifndef TESTS_GOLDEN_NETWORK_H
#define TESTS_GOLDEN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <thalnet/thalnet.h>

#include "golden/fixture.h"

/* The library's number: these sources are compiled for its ordinary build and for the one in double precision. */
#ifdef THALNET_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#define SUCCEED(call) network_succeed((call), #call, __FILE__, __LINE__)
void network_succeed(thalnet_status status, const char *call, const char *file, int line);

/* The network with its parameters. */
thalnet_center *network_build(fixture *golden, int32_t threads, int32_t chunk_sequences);
void network_write_parameters(thalnet_center *net, fixture *golden);

/* A batch with the contents. Frames beyond a sequence's length are not a number: they must never be looked at. */
thalnet_batch *network_batch(const thalnet_center *net, fixture *golden, bool for_backward);

/* The memory at the start; zeros when the fixture has none. */
thalnet_state *network_state(const thalnet_center *net, fixture *golden, bool live);

/* Writes the host's own gradients between forward and backward. */
void network_write_output_gradients(thalnet_batch *batch, fixture *golden);
/* Whether training drops something, so that other calls compute something else. */
bool network_has_dropout(fixture *golden);

/* Whether a layer has zoneout. Without dropout the fixture's numbers are then those of evaluation alone. */
bool network_is_zoned(const fixture *golden);

bool network_has_output_gradients(fixture *golden);

/* Frames of a sequence. */
size_t network_length(fixture *golden, size_t sequence);

/* Whether only the final values of an output are wanted. */
bool network_is_final(fixture *golden, int32_t output);

/* The numbers of an array in the library's precision; free() them. */
real *network_reals(const fixture_array *array);

#endif
