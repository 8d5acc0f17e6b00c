/* SPDX-License-Identifier: MIT */
#ifndef THALNET_API_REMEMBER_H
#define THALNET_API_REMEMBER_H

#include "network/network.h"

/* Keeps the first failing call of a draft for build to report; returns the status. */
thalnet_status thalnet__remember(thalnet_center *net, thalnet_status status);

#endif
