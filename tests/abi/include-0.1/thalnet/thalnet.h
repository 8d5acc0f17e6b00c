/* SPDX-License-Identifier: MIT */
/** @file
 * libthalnet: networks of recurrent modules that share their features through a learned routing center (Hafner, Irpan,
 * Davidson, Heess: Learning Hierarchical Information Flow with Recurrent Neural Modules, NIPS 2017).
 *
 *     Phi_t = [phi_{t,1}; ...; phi_{t,I}]                              the center
 *     c_{t,i} = r_i(Phi_{t-1}, phi_{t-1,i})                            reading
 *     phi_{t,i}, h_{t,i} = f_i([x_{t,i}; c_{t,i}], h_{t-1,i})          modules
 *     y_{t,o} = sum over i of V_{o,i} phi_{t,i} + v_o                  outputs (logits, or plain values)
 *
 * Rules that hold for every call:
 * - Calls that can fail return thalnet_status; thalnet_error_text() says why. After an error out pointers are NULL and
 *   every object is as it was before.
 * - Handles keep what they need alive: any order of _free calls is fine, and _free(NULL) does nothing.
 * - Options pointers may be NULL (the defaults); otherwise start from the _INIT macro. Values are taken literally;
 *   a `reserved` one other than 0 is THALNET_ERROR_VERSION.
 * - Arrays are dense [sequence][frame][value] or [row][value], copied before the call returns; every one comes with its
 *   element count.
 * - The library never prints, exits, aborts, or reads the environment, and leaves locale, signals and the floating-point
 *   mode as they are; calls that succeed leave errno as it is, too. Files that it has open are closed on exec.
 * - Threads: a built center may be used by many threads at once through const pointers; a center that is written, a
 *   batch, a state and an optimizer by one thread at a time. */
#ifndef THALNET_THALNET_H
#define THALNET_THALNET_H

#include <thalnet/batch.h>
#include <thalnet/center.h>
#include <thalnet/checkpoint.h>
#include <thalnet/edit.h>
#include <thalnet/export.h>
#include <thalnet/file.h>
#include <thalnet/gradient_check.h>
#include <thalnet/graph.h>
#include <thalnet/host.h>
#include <thalnet/layer.h>
#include <thalnet/module.h>
#include <thalnet/optimizer.h>
#include <thalnet/reader.h>
#include <thalnet/routing.h>
#include <thalnet/state.h>
#include <thalnet/status.h>
#include <thalnet/version.h>

#endif
