/* SPDX-License-Identifier: MIT */
#include "divergence.h"

#include <math.h>
#include <stdio.h>

thalnet_status example_watch_step(struct example_trainer *t) {
  if (!t->watch || isnan(t->step_loss)) return THALNET_OK; /* a step without labels has no loss */
  double norm = thalnet_optimizer_gradient_norm(t->optimizer);
  thalnet_status status = thalnet_watch_step(t->watch, t->step_loss, norm, &t->event);
  if (status || t->event.kind == THALNET_WATCH_QUIET) return status;
  return THALNET_ERROR_NONFINITE;
}

static void describe(const thalnet_watch_event *event, char *text, size_t size) {
  switch (event->kind) {
  case THALNET_WATCH_LOSS:
    snprintf(text, size, "for %llu steps the loss is far above %g, which is usual",
             (unsigned long long)event->high_losses, event->loss_median);
    break;
  case THALNET_WATCH_NORM:
    snprintf(text, size, "the gradient is far above %g, which is usual", event->gradient_norm_median);
    break;
  default: snprintf(text, size, "%s", thalnet_error_text()); /* a call has refused what is not finite */
  }
}

static void describe_checkpoint(const struct example_trainer *t, char *text, size_t size) {
  if (t->saved_epoch == 0)
    snprintf(text, size, "there is no checkpoint to go on from");
  else
    snprintf(text, size, "last good checkpoint: step %zu of epoch %zu in %.500s", t->saved_step, t->saved_epoch,
             t->settings->out);
}

int example_training_failed(const struct example_trainer *t, thalnet_status status) {
  char why[400], left[600];
  if (status != THALNET_ERROR_NONFINITE) return example_library_failed(t->settings->program, status);
  describe(&t->event, why, sizeof why);
  describe_checkpoint(t, left, sizeof left);
  example_complain(t->settings->program,
                   "training diverged at step %zu of epoch %zu, with rate %g, loss %g and gradient norm %g: %s; %s; "
                   "a smaller --lr may help",
                   t->step + 1, t->epoch, t->step_rate, t->step_loss, thalnet_optimizer_gradient_norm(t->optimizer),
                   why, left);
  return EXAMPLE_EXIT_NONFINITE;
}
