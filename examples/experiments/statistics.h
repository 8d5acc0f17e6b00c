/* SPDX-License-Identifier: MIT */
/* The few numbers that the page says things with.
 *
 * Two networks A and B are trained with the same seeds s = 1..S and name the same test images i = 1..I. Let d[s][i] be 1
 * where only A is right, -1 where only B is, 0 otherwise, and D the mean of all d: the difference of the mean accuracies.
 * Other seeds would have given another D, and so would other test images. Both are taken as sampled:
 *
 *     V = V_seeds + V_images - V_both
 *
 * the variance of a mean that is clustered two ways (Cameron, Gelbach, Miller, "Robust Inference With Multiway Clustering",
 * Journal of Business & Economic Statistics 29(2), 2011, equation 2.10: what varies with neither alone is counted in both
 * of the first terms, hence subtracted once). With a few seeds the factors that make variances unbiased matter, so the
 * terms are the mean squares of the two-way layout with both factors random and one value a cell (Searle, Casella,
 * McCulloch, "Variance Components", 1992, section 4.7; readers and cases of diagnostic studies are compared the same way):
 *
 *     V_seeds  = 1/S  1/(S-1)         sum_s  (d[s][.] - D)^2
 *     V_images = 1/I  1/(I-1)         sum_i  (d[.][i] - D)^2
 *     V_both   = 1/SI 1/((S-1)(I-1))  sum_si (d[s][i] - d[s][.] - d[.][i] + D)^2
 *
 * where a dot is a mean. By chance V can come out below one of its first two terms, which its expectation never is: then
 * that one is taken. The interval is D +- t sqrt(V), with Student's t for S-1 degrees of freedom, those of the term that is
 * known worst.
 *
 * Where right and wrong of single images are not known, the interval is the paired one over seeds alone: V = V_seeds. */
#ifndef EXPERIMENTS_STATISTICS_H
#define EXPERIMENTS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct summary {
  size_t count;
  double mean, deviation; /* with n-1 below; 0 for fewer than two values */
  double low, high;
};

struct summary statistics_summary(const double *values, size_t count);

/* The value below which a Student's t variable with so many degrees of freedom (at least 1) stays with probability p,
 * 0 < p < 1. */
double statistics_t_quantile(double p, size_t degrees);

struct interval {
  double mean, low, high; /* of 95 % */
  double variance;        /* of the mean */
  int known;              /* 0: fewer than two seeds, low and high mean nothing */
};

/* The paired interval over seeds: the mean of differences, one a seed. */
struct interval statistics_paired(const double *differences, size_t count);

/* What images add to it; both terms are 0 where nothing is known about images. */
struct image_variance {
  double images, both;
};

/* The interval with both seeds and images as sampled. */
struct interval statistics_crossed(const double *differences, size_t count, const struct image_variance *variance);

/* The two terms from the matrix of differences, seeds x images, in rows. Zeros for fewer than two seeds or images. */
struct image_variance statistics_image_variance(const int8_t *matrix, size_t seeds, size_t images);

#endif
