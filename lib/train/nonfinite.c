/* SPDX-License-Identifier: MIT */
/* Steps that are not made: what of them is not finite, and how often they may be left out. Everything is looked at once more, element
 * by element, which only a step that is refused costs. */
#include "core/text.h"
#include "train/optimizer.h"

/* Elements that are not finite. */
typedef struct thalnet__offenders {
  const thalnet__tensor *tensor; /* of the first one */
  size_t element, count;
} thalnet__offenders;

static void thalnet__count_offender(thalnet__offenders *found, const thalnet__tensor *tensor, size_t element) {
  if (found->count++ > 0) return;
  found->tensor = tensor;
  found->element = element;
}

static thalnet_status thalnet__tell_offenders(const thalnet_optimizer *optimizer, const thalnet__offenders *found,
                                              const char *what, const char *is) {
  const unsigned long long step = optimizer->steps + 1;
  if (found->count == 0) /* elements that are finite, the squares of which are not: where numbers are doubles */
    return thalnet__fail(THALNET_ERROR_NONFINITE, "step %llu: the norm of the gradient is not finite", step);
  return thalnet__fail(THALNET_ERROR_NONFINITE, "step %llu: %s%s %s finite at element %zu (%zu in all)", step, what,
                       found->tensor->name, is, found->element, found->count);
}

thalnet_status thalnet__tell_gradient(const thalnet_optimizer *optimizer, const thalnet_center *net) {
  thalnet__offenders found = {0};
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    for (size_t i = 0; i < tensor->count && net->received[t]; i++)
      if (!thalnet__is_finite_real(net->gradients[tensor->place + i])) thalnet__count_offender(&found, tensor, i);
  }
  return thalnet__tell_offenders(optimizer, &found, "the gradient of ", "is not");
}

/* Moments and averages count as the parameters that they belong to. */
thalnet_status thalnet__tell_update(const thalnet_optimizer *optimizer, const thalnet_center *net) {
  thalnet__offenders found = {0};
  for (size_t k = 0; k < optimizer->piece_count; k++) {
    const thalnet__step_piece *piece = &optimizer->pieces[k];
    const thalnet__tensor *tensor = &net->tensors[piece->tensor];
    if (!net->received[piece->tensor] || thalnet__is_finite_real(piece->largest)) continue;
    for (size_t i = 0; i < piece->count; i++) {
      const thalnet__moments moments = thalnet__moments_at(optimizer, net, piece->place + i);
      if (!thalnet__is_finite_real(net->kernels->try_update(optimizer->kind, 1, &piece->update, &moments)))
        thalnet__count_offender(&found, tensor, piece->place + i - tensor->place);
    }
  }
  return thalnet__tell_offenders(optimizer, &found, "", "would not be");
}

thalnet_status thalnet__leave_out(thalnet_optimizer *optimizer) {
  char words[64];
  thalnet__text text = {words, sizeof words, 0};
  optimizer->skipped++;
  if (++optimizer->skipped_in_a_row < THALNET_NONFINITE_LIMIT) return THALNET_OK;
  thalnet__text_number(&text, optimizer->skipped_in_a_row);
  thalnet__text_add(&text, " steps in a row were left out");
  return thalnet__fail_within(THALNET_ERROR_NONFINITE, thalnet__text_end(&text));
}
