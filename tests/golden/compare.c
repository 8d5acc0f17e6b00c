/* SPDX-License-Identifier: MIT */
#include "golden/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#ifdef THALNET_DOUBLE
static const double control = 1e-6; /* a change that must be noticed */
#else
static const double control = 1e-3;
#endif
static const double absolute = 1e-13; /* forgiven where everything is zero */

comparison comparison_start(fixture *golden, const thalnet_center *net) {
  comparison with = {.golden = golden, .net = net, .stage = "", .forward = 1e-10, .backward = 1e-10};
#ifndef THALNET_DOUBLE
  size_t columns = 1;
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    size_t dimensions[3];
    const int32_t rank = thalnet_center_tensor_shape(net, thalnet_center_tensor_name(net, i), dimensions);
    if (rank > 1 && dimensions[rank - 1] > columns) columns = dimensions[rank - 1];
  }
  const size_t steps =
      golden->frames * (size_t)thalnet_center_steps_per_frame(net) + (size_t)thalnet_center_settle_steps(net);
  const double depth = fmax(1.0, ceil(log2((double)(columns * steps))));
  with.forward = fmin(8 * depth * 1.19e-7, 5e-5);
  with.backward = fmin(16 * depth * 1.19e-7, 2e-4);
#endif
  return with;
}

/* Norm of the difference, as a part of what is forgiven: up to 1 is agreement. NaN when anything is not a number. */
static double distance(const double *expected, const double *got, size_t count, double tolerance) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < count; i++) {
    difference += (got[i] - expected[i]) * (got[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  return sqrt(difference) / (tolerance * sqrt(size) + absolute);
}

static void compare(comparison *with, const fixture_array *array, size_t offset, const double *got, size_t count,
                    bool gradient) {
  ck_assert_msg(array->reals && offset + count <= array->count, "%s: %s has another size", with->golden->name,
                array->name);
  double *expected = array->reals + offset;
  const double tolerance = gradient ? with->backward : with->forward;
  const double apart = distance(expected, got, count, tolerance);
  with->arrays++;
  with->worst[gradient] = fmax(with->worst[gradient], apart);
  if (!(apart <= 1)) {
    with->failures++;
    if (!with->quiet) {
      fprintf(stderr, "%s, %s: %s is %.3g times the tolerance %.2g away; got", with->golden->name, with->stage,
              array->name, apart, tolerance);
      for (size_t i = 0; i < count && i < 4; i++) fprintf(stderr, " %.9g (%.9g)", got[i], expected[i]);
      fprintf(stderr, "\n");
    }
    return;
  }
  /* Negative control: with its largest value changed a little, the same array must not agree any more. */
  size_t largest = 0;
  for (size_t i = 1; i < count; i++)
    if (fabs(expected[i]) > fabs(expected[largest])) largest = i;
  const double kept = expected[largest];
  expected[largest] = kept == 0 ? control : kept * (1 + control);
  const double changed = distance(expected, got, count, tolerance);
  expected[largest] = kept;
  ck_assert_msg(changed > 1, "%s: a change of %g in %s goes unnoticed", with->golden->name, control, array->name);
}

void compare_reals(comparison *with, fixture_array *array, size_t offset, const real *got, size_t count,
                   bool gradient) {
  double *values = malloc(count * sizeof *values);
  ck_assert_ptr_nonnull(values);
  for (size_t i = 0; i < count; i++) values[i] = (double)got[i];
  compare(with, array, offset, values, count, gradient);
  free(values);
}

static fixture_array *expected_array(comparison *with, const char *kind, int32_t number) {
  fixture_array *array = fixture_find(with->golden, "%s/%d", kind, number);
  ck_assert_msg(array != NULL, "%s: no golden values %s/%d", with->golden->name, kind, number);
  return array;
}

void compare_forward(comparison *with, const thalnet_batch *batch) {
  double total = 0;
  for (int32_t o = 0; o < (int32_t)with->golden->output_count; o++) {
    const bool final = network_is_final(with->golden, o);
    fixture_array *array = expected_array(with, final ? "final_output" : "output", o);
    real *values = malloc(array->count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    if (final)
      SUCCEED(thalnet_batch_read_final_output(batch, o, values, array->count));
    else
      SUCCEED(thalnet_batch_read_output(batch, o, values, array->count));
    compare_reals(with, array, 0, values, array->count, false);
    free(values);

    double losses[16];
    array = expected_array(with, "losses", o);
    ck_assert_uint_le(array->count, sizeof losses / sizeof losses[0]);
    SUCCEED(thalnet_batch_read_losses(batch, o, losses, array->count));
    compare(with, array, 0, losses, array->count, false);

    thalnet_measure measure = THALNET_MEASURE_INIT;
    SUCCEED(thalnet_batch_measure(batch, o, &measure));
    compare(with, expected_array(with, "measure", o), 0, (double[]){measure.loss_sum, measure.weight_sum}, 2, false);
    array = expected_array(with, "hits", o);
    const bool hits = measure.labels == (uint64_t)array->integers[0] && measure.correct == (uint64_t)array->integers[1];
    if (!hits && !with->quiet)
      fprintf(stderr, "%s, %s: output %d has %llu labels, %llu correct; expected %d, %d\n", with->golden->name,
              with->stage, (int)o, (unsigned long long)measure.labels, (unsigned long long)measure.correct,
              (int)array->integers[0], (int)array->integers[1]);
    with->failures += !hits;
    array = fixture_find(with->golden, "loss_weight/%d", o);
    const double weight = array ? array->reals[0] : with->golden->outputs[o].weight;
    if (measure.weight_sum > 0) total += weight * measure.loss_sum / measure.weight_sum;
  }
  fixture_array *array = fixture_find(with->golden, "total"); /* with host losses: of the gradients' potential */
  ck_assert_ptr_nonnull(array);
  if (!network_has_output_gradients(with->golden)) compare(with, array, 0, &total, 1, false);
}

void compare_gradients(comparison *with, const thalnet_batch *batch, int passes) {
  for (size_t i = 0; i < thalnet_center_tensor_count(with->net); i++) {
    const char *name = thalnet_center_tensor_name(with->net, i);
    fixture_array *array = fixture_find(with->golden, "gradient/%s", name);
    ck_assert_msg(array != NULL, "%s: no golden gradient of %s", with->golden->name, name);
    real *values = malloc(array->count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    SUCCEED(thalnet_center_read_gradient(with->net, name, values, array->count));
    for (size_t j = 0; j < array->count; j++) values[j] /= (real)passes;
    compare_reals(with, array, 0, values, array->count, true);
    free(values);
  }
  for (size_t k = 0; k <= with->golden->input_count; k++) { /* the last one is the state */
    const bool state = k == with->golden->input_count;
    fixture_array *array =
        state ? fixture_find(with->golden, "state_gradient") : fixture_find(with->golden, "input_gradient/%zu", k);
    if (!array) {
      ck_assert_msg(!state && !fixture_find(with->golden, "input/%zu", k), "%s: no golden gradient",
                    with->golden->name);
      continue;
    }
    real *values = malloc(array->count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    if (state)
      SUCCEED(thalnet_batch_read_state_gradient(batch, values, array->count));
    else
      SUCCEED(thalnet_batch_read_input_gradient(batch, (int32_t)k, values, array->count));
    compare_reals(with, array, 0, values, array->count, true);
    free(values);
  }
}

void compare_state(comparison *with, const thalnet_state *state) {
  fixture_array *array = fixture_find(with->golden, "state");
  const size_t size = thalnet_state_values(state);
  ck_assert_msg(array && array->count == size * with->golden->sequences, "%s: a state has %zu values",
                with->golden->name, size);
  real *values = malloc(array->count * sizeof *values);
  ck_assert_ptr_nonnull(values);
  for (size_t s = 0; s < with->golden->sequences; s++) SUCCEED(thalnet_state_read(state, s, values + s * size, size));
  compare_reals(with, array, 0, values, array->count, false);
  free(values);
}
