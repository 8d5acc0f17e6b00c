/* SPDX-License-Identifier: MIT */
/* A classifier's batches: what the network is shown, what it should say, and what it says. */
#include <string.h>

#include "classifier.h"
#include "probabilities.h"

/* Every output has the image's label: after the last frame, or at each of the last frames. */
static thalnet_status set_labels(struct example_classifier *c, thalnet_batch *batch,
                                 const struct example_images *images, size_t count) {
  const struct example_ports *ports = &c->trainer->network.ports;
  size_t frames = c->readout_frames > 1 ? c->frames : 1, first = frames - (size_t)c->readout_frames;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < frames; k++) c->labels[i * frames + k] = k < first ? -1 : images->labels[c->numbers[i]];
  thalnet_status status = THALNET_OK;
  for (size_t o = 0; o < ports->output_count && !status; o++)
    status = frames > 1 ? thalnet_batch_set_labels(batch, ports->outputs[o], c->labels, count * frames)
                        : thalnet_batch_set_final_labels(batch, ports->outputs[o], c->labels, count);
  return status;
}

/* Shows every input its view of the images whose numbers are in c->numbers. */
static thalnet_status set_inputs(struct example_classifier *c, thalnet_batch *batch,
                                 const struct example_images *images, size_t count, size_t epoch) {
  const struct example_ports *ports = &c->trainer->network.ports;
  size_t rows = count * c->frames;
  for (size_t i = 0; i < count; i++)
    c->show(c->context, images->pixels + c->numbers[i] * images->size, c->numbers[i], epoch,
            c->values + i * c->frames * c->row);
  thalnet_status status = thalnet_batch_begin(batch, count, c->frames);
  for (size_t i = 0; i < ports->input_count && !status; i++) {
    const struct example_view *view = &c->views[i];
    const float *seen = c->values;
    if (view->count < c->row || view->turns > 1) {
      example_view_copy(view, c->values, count, c->frames, c->row, c->seen);
      seen = c->seen;
    }
    status = thalnet_batch_set_inputs(batch, ports->inputs[i], seen, rows * view->count);
  }
  return status;
}

thalnet_status example_classifier_fill(struct example_classifier *c, thalnet_batch *batch,
                                       const struct example_images *images, size_t count, size_t epoch) {
  thalnet_status status = set_inputs(c, batch, images, count, epoch);
  c->filled = count;
  for (size_t i = 0; i < count; i++) c->ids[i] = c->numbers[i]; /* dropout belongs to the image, not to its place */
  if (!status) status = thalnet_batch_set_ids(batch, c->ids, count);
  return status ? status : set_labels(c, batch, images, count);
}

thalnet_status example_classifier_vote(struct example_classifier *c, const thalnet_batch *batch, size_t count) {
  const struct example_ports *ports = &c->trainer->network.ports;
  size_t frames = c->readout_frames > 1 ? c->frames : 1, first = frames - (size_t)c->readout_frames;
  size_t values = count * frames * EXAMPLE_CLASSES;
  memset(c->votes, 0, count * EXAMPLE_CLASSES * sizeof *c->votes);
  for (size_t o = 0; o < ports->output_count; o++) {
    thalnet_status status = frames > 1 ? thalnet_batch_read_output(batch, ports->outputs[o], c->logits, values)
                                       : thalnet_batch_read_final_output(batch, ports->outputs[o], c->logits, values);
    if (status) return status;
    for (size_t i = 0; i < count; i++)
      for (size_t k = first; k < frames; k++)
        example_add_probabilities(c->logits + (i * frames + k) * EXAMPLE_CLASSES, EXAMPLE_CLASSES, 1.0,
                                  c->votes + i * EXAMPLE_CLASSES);
  }
  for (size_t i = 0; i < count; i++) {
    const double *votes = c->votes + i * EXAMPLE_CLASSES;
    c->classes[i] = 0;
    for (uint8_t k = 1; k < EXAMPLE_CLASSES; k++)
      if (votes[k] > votes[c->classes[i]]) c->classes[i] = k;
  }
  return THALNET_OK;
}
