/* SPDX-License-Identifier: MIT */
/* The ways of computing a fixture's network, each compared with the golden values. Where training drops something, only
 * thalnet_forward_backward has golden values: pass_forward_and_backward is that, the others are nothing. Where it only
 * zones out, they are of evaluation: there thalnet_forward_backward has none. */
#ifndef TESTS_GOLDEN_PASSES_H
#define TESTS_GOLDEN_PASSES_H

#include "golden/compare.h"

/* thalnet_forward of a batch that is not for backward. */
void pass_forward(comparison *with);
/* thalnet_forward_backward, twice, so that gradients add up; nothing where the host writes gradients. */
void pass_forward_backward(comparison *with, thalnet_center *net);
/* thalnet_forward, the host's gradients where there are any, thalnet_backward. */
void pass_forward_and_backward(comparison *with, thalnet_center *net);
/* thalnet_state_advance, frame by frame, with resets between frames: outputs at every frame, and the state's rows. */
void pass_live_frames(comparison *with);

#endif
