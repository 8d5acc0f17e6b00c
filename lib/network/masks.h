/* SPDX-License-Identifier: MIT */
/* Dropout inside the network. Factors lie in masks: of contexts, which are multiplied where they are, and of the center, of which
 * readers and outputs get a copy (segment->shown), so that no module sees it in its own hidden state.
 *
 * A mask belongs to a row and a step of its sequence, whether a frame or a settle step: contexts of step t, and the center
 * after t steps. Without every_step there is one mask for all. Rows are dealt to the threads that share a large network. */
#ifndef THALNET_NETWORK_MASKS_H
#define THALNET_NETWORK_MASKS_H

#include "network/batch.h"
#include "network/work.h"

/* Once the rows' place is known: what dropout this computation has, if any. */
void thalnet__begin_masks(thalnet__work *work, const thalnet_batch *batch);

/* What readers and outputs see of phi [row][P], the center after `step` steps of the segment, into slot `slot`. */
void thalnet__drop_center(const thalnet__work *work, const thalnet__segment *segment, const real *phi, size_t slot,
                          size_t step);
/* Nothing is seen of a row that is at rest. */
void thalnet__hide_row(const thalnet__work *work, const thalnet__segment *segment, size_t slot, size_t row);
/* The contexts of these modules at a step, in their place, and their gradients. */
void thalnet__drop_contexts(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                            thalnet__range modules);
void thalnet__drop_contexts_back(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                 thalnet__range modules);
/* In order: what later modules see of these modules' new features, and the way back of its gradient, from d_newer to that of the
 * center after the step. */
void thalnet__drop_features(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                            thalnet__range modules);
void thalnet__drop_features_back(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                 thalnet__range modules);

/* Where to add the gradient of what is seen of a center: to d_phi, its own, or where it is masked to zeros (d_shown), which
 * thalnet__shown_back then adds to it through the mask. */
static inline real *thalnet__shown_gradient(real *d_shown, real *d_phi) { return d_shown == NULL ? d_phi : d_shown; }
void thalnet__shown_back(const thalnet__work *work, const thalnet__segment *segment, size_t step, real *d_phi);

#endif
