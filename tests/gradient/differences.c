/* SPDX-License-Identifier: MIT */
#include "gradient/differences.h"

#include <math.h>

#include "gradient/check_call.h"
#include "gradient/random.h"

/* The truncation error is of the order h^4 = 1e-14, the rounding error of the loss 1e-15 / h. Where there is a relu
 * the step is smaller, so that none within the demanded distance of 1e-3 is pushed over its kink; and where there is layer
 * norm, which makes small products large. */
static double step_size(const problem *p) {
  return config_has_relu(&p->spec) || config_has_norm(&p->spec) ? 1e-4 : 4e-4;
}

/* Which probe an element belongs to, and its sign there. */
static size_t probe_of(const problem *p, const array *a, size_t element, size_t probes, double *sign) {
  uint64_t random = p->spec.seed ^ (a->place * 0x10001 + element);
  *sign = 1;
  if (a->count <= probes) return element;
  uint64_t word = random_next(&random);
  *sign = word & 1 ? 1 : -1;
  if (element < probes) return element; /* none is empty */
  return (size_t)(word >> 1) % probes;
}

/* Moves the elements of a probe by `by` from the values in `origin`. */
static double loss_at(problem *p, const array *a, size_t probes, size_t probe, const double *origin, double by) {
  double sign;
  for (size_t i = 0; i < a->count; i++) {
    if (probe_of(p, a, i, probes, &sign) == probe) p->values[a->place + i] = origin[i] + by * sign;
  }
  problem_set(p, a->section);
  return problem_loss(p);
}

static void array_differences(problem *p, const array *a, size_t probes, double *derivative) {
  enum { ELEMENTS_MAX = 4096 };
  double origin[ELEMENTS_MAX];
  ck_assert_uint_le(a->count, ELEMENTS_MAX);
  for (size_t i = 0; i < a->count; i++) origin[i] = p->values[a->place + i];
  for (size_t probe = 0; probe < probes; probe++) {
    double h = step_size(p) / sqrt(ceil((double)a->count / (double)probes));
    double near = loss_at(p, a, probes, probe, origin, h) - loss_at(p, a, probes, probe, origin, -h);
    double far = loss_at(p, a, probes, probe, origin, 2 * h) - loss_at(p, a, probes, probe, origin, -2 * h);
    derivative[probe] = (8 * near - far) / (12 * h);
    for (size_t i = 0; i < a->count; i++) p->values[a->place + i] = origin[i];
  }
  problem_set(p, a->section);
}

/* Fewer probes where a loss takes long: many steps, or threads that wait for each other on a busy machine. */
static size_t probe_cap(const problem *p) {
  if (p->spec.threads > 1) return 3;
  double one = (double)(p->spec.sequences * p->spec.frames * p->spec.steps * p->spec.modules) + 20;
  double cap = 1.5e5 / (one * 4 * (double)p->arrays);
  return cap > PROBES_MAX ? PROBES_MAX : cap < 3 ? 3 : (size_t)cap;
}

void differences_compute(problem *p, differences *d) {
  size_t cap = probe_cap(p);
  for (size_t i = 0; i < p->arrays; i++) {
    d->probes[i] = p->array[i].count < cap ? p->array[i].count : cap;
    array_differences(p, &p->array[i], d->probes[i], d->derivative[i]);
  }
}

comparison differences_compare(const problem *p, const differences *d, const double *gradient) {
  comparison result = {0};
  for (size_t i = 0; i < p->arrays; i++) {
    const array *a = &p->array[i];
    double analytic[PROBES_MAX] = {0}, sign, error = 0, norm = 0;
    for (size_t k = 0; k < a->count; k++) {
      size_t probe = probe_of(p, a, k, d->probes[i], &sign);
      analytic[probe] += sign * gradient[a->place + k];
    }
    for (size_t k = 0; k < d->probes[i]; k++) {
      error += (analytic[k] - d->derivative[i][k]) * (analytic[k] - d->derivative[i][k]);
      norm += d->derivative[i][k] * d->derivative[i][k];
    }
    error = sqrt(error), norm = sqrt(norm);
    double share = error / (1e-6 * norm + 1e-10);
    if (!(share <= 1)) result.failed++; /* also when it is not a number */
    if (!(share <= result.worst_share)) result.worst_share = share, result.first = i;
    if (norm > 1e-3 && !(error / norm <= result.worst_relative)) result.worst_relative = error / norm;
    result.arrays++;
  }
  return result;
}

double differences_distance(const problem *p, const double *one, const double *other) {
  double largest = 0;
  for (size_t i = 0; i < p->arrays; i++) {
    double change = 0;
    for (size_t k = p->array[i].place; k < p->array[i].place + p->array[i].count; k++) {
      change += (one[k] - other[k]) * (one[k] - other[k]);
    }
    largest = fmax(largest, sqrt(change));
  }
  return largest;
}

double differences_share(const problem *p, const differences *d, const double *one, const double *other) {
  double largest = 0;
  for (size_t i = 0; i < p->arrays; i++) {
    const array *a = &p->array[i];
    double change[PROBES_MAX] = {0}, value[PROBES_MAX] = {0}, sign, error = 0, norm = 0;
    for (size_t k = 0; k < a->count; k++) {
      size_t probe = probe_of(p, a, k, d->probes[i], &sign);
      change[probe] += sign * (one[a->place + k] - other[a->place + k]);
      value[probe] += sign * other[a->place + k];
    }
    for (size_t k = 0; k < d->probes[i]; k++) error += change[k] * change[k], norm += value[k] * value[k];
    largest = fmax(largest, sqrt(error) / (1e-6 * sqrt(norm) + 1e-10));
  }
  return largest;
}
