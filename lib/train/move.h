/* SPDX-License-Identifier: MIT */
/* What goes on with a network that was made by editing another one. */
#ifndef THALNET_TRAIN_MOVE_H
#define THALNET_TRAIN_MOVE_H

#include "network/state.h"
#include "train/optimizer.h"

thalnet_status thalnet__optimizer_move(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                       thalnet_optimizer **moved_out);
thalnet_status thalnet__state_move(const thalnet_state *state, const thalnet_center *to, thalnet_state **moved_out);

#endif
