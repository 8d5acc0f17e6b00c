/* SPDX-License-Identifier: MIT */
#include "statistics.h"

#include <float.h>
#include <math.h>

struct summary statistics_summary(const double *values, size_t count) {
  struct summary summary = {count, 0.0, 0.0, 0.0, 0.0};
  double squares = 0.0;
  if (count == 0) return summary;
  summary.low = summary.high = values[0];
  for (size_t i = 0; i < count; i++) {
    summary.mean += values[i] / (double)count;
    summary.low = fmin(summary.low, values[i]);
    summary.high = fmax(summary.high, values[i]);
  }
  for (size_t i = 0; i < count; i++) squares += (values[i] - summary.mean) * (values[i] - summary.mean);
  if (count > 1) summary.deviation = sqrt(squares / (double)(count - 1));
  return summary;
}

/* --- Student's t ----------------------------------------------------------------------------------------------------- */

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), from the front by Lentz's method. */
static double beta_fraction(double x, double a, double b) {
  double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
  d = 1.0 / d;
  double value = d;
  for (int m = 1; m < 10000; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
    d = 1.0 / (1.0 + even * d);
    c = 1.0 + even / c;
    value *= c * d;
    d = 1.0 / (1.0 + odd * d);
    c = 1.0 + odd / c;
    value *= c * d;
    if (fabs(c * d - 1.0) < 2.0 * DBL_EPSILON) break;
  }
  return value;
}

/* I_x(a, b), the regularised one. Both sides of the symmetry are used: the fraction converges fast below (a+1)/(a+b+2). */
static double incomplete_beta(double x, double a, double b) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(x, a, b) / a;
  return 1.0 - front * beta_fraction(1.0 - x, b, a) / b;
}

/* The probability of more than t, t >= 0. */
static double upper_tail(double t, double degrees) {
  return 0.5 * incomplete_beta(degrees / (degrees + t * t), 0.5 * degrees, 0.5);
}

double statistics_t_quantile(double p, size_t degrees) {
  if (p < 0.5) return -statistics_t_quantile(1.0 - p, degrees);
  double low = 0.0, high = 1.0, tail = 1.0 - p;
  while (upper_tail(high, (double)degrees) > tail && high < 1e300) high *= 2.0;
  for (int i = 0; i < 200; i++) { /* halving: it is called a few times a page */
    double middle = 0.5 * (low + high);
    if (upper_tail(middle, (double)degrees) > tail)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

/* --- intervals ------------------------------------------------------------------------------------------------------- */

struct interval statistics_paired(const double *differences, size_t count) {
  const struct image_variance nothing = {0.0, 0.0};
  return statistics_crossed(differences, count, &nothing);
}

struct interval statistics_crossed(const double *differences, size_t count, const struct image_variance *variance) {
  struct summary summary = statistics_summary(differences, count);
  struct interval interval = {summary.mean, summary.mean, summary.mean, 0.0, 0};
  if (count < 2) return interval;
  double seeds = summary.deviation * summary.deviation / (double)count;
  interval.variance = fmax(seeds + variance->images - variance->both, fmax(seeds, variance->images));
  double half = statistics_t_quantile(0.975, count - 1) * sqrt(interval.variance);
  interval.low = summary.mean - half;
  interval.high = summary.mean + half;
  interval.known = 1;
  return interval;
}

struct image_variance statistics_image_variance(const int8_t *matrix, size_t seeds, size_t images) {
  struct image_variance variance = {0.0, 0.0};
  if (seeds < 2 || images < 2) return variance;
  /* Sums of small integers are exact, so that nothing is lost when squares are subtracted from each other below. */
  int64_t all = 0, squares = 0, squares_of_images = 0, squares_of_seeds = 0;
  for (size_t s = 0; s < seeds; s++) {
    int64_t sum = 0;
    for (size_t i = 0; i < images; i++) {
      int64_t d = matrix[s * images + i];
      sum += d;
      squares += d * d;
    }
    all += sum;
    squares_of_seeds += sum * sum;
  }
  for (size_t i = 0; i < images; i++) {
    int64_t sum = 0;
    for (size_t s = 0; s < seeds; s++) sum += matrix[s * images + i];
    squares_of_images += sum * sum;
  }
  double n = (double)seeds * (double)images, mean_square = (double)all * (double)all / n;
  double of_seeds = (double)squares_of_seeds / (double)images - mean_square;
  double of_images = (double)squares_of_images / (double)seeds - mean_square;
  double rest = (double)squares - mean_square - of_seeds - of_images;
  variance.images = fmax(of_images, 0.0) / (double)(images - 1) / n;
  variance.both = fmax(rest, 0.0) / ((double)(seeds - 1) * (double)(images - 1)) / n;
  return variance;
}
