/* SPDX-License-Identifier: MIT */
/* What one pass over a batch tells of the wiring: an observer of the engine, one step after the other. */
#ifndef THALNET_ANALYSIS_SURVEY_H
#define THALNET_ANALYSIS_SURVEY_H

#include "analysis/nodes.h"
#include "network/batch.h"

typedef struct thalnet__survey {
  const thalnet_center *net;
  int32_t measure;
  int whole;         /* inputs and outputs too, not modules alone */
  double *squares;   /* [node][node]: of contributions to the first from the second */
  double *weights;   /* [contexts][P]: of dynamic readers' weights, summed up; a reader's [C, seen] at its column */
  real *matrix;      /* [largest context][P]: a dynamic reader's weights of one row */
  real *room;        /* as large, where readers have parts: for the weights of one */
  uint64_t readings; /* steps times sequences */
  size_t square_count, weight_count, matrix_count;
} thalnet__survey;

thalnet_status thalnet__survey_make(const thalnet_center *net, int32_t measure, int whole, thalnet__survey *survey);
void thalnet__survey_free(thalnet__survey *survey);

/* Computes the batch, without a state, and looks on. */
thalnet_status thalnet__survey_look(thalnet__survey *survey, thalnet_batch *batch);

/* Whether something can be told without a batch. */
int thalnet__survey_needs_batch(const thalnet_center *net, int32_t measure);

/* Frobenius norm of a reader's weights [C, seen] over a slice, times scale; 0 where it does not read it. */
double thalnet__slice_norm(const thalnet__reader *reader, const thalnet_module *slice, const double *weights,
                           double scale);

/* The reader's weights of one row at a step: a static one's parameters, or what a dynamic one makes, in survey->matrix.
 * *scale is what they are multiplied with. */
const real *thalnet__survey_weights(const thalnet__survey *survey, const thalnet__work *work, size_t m, size_t step,
                                    size_t row, double *scale);

/* squares[j] += what slice j contributes to the context of one row: squares of matrix[c, slice] phi[slice], over c. */
void thalnet__survey_contributions(const thalnet__work *work, size_t m, size_t step, size_t row, const real *matrix,
                                   double scale, double *squares);

/* Whether the step belongs to the sequence in this row. */
int thalnet__survey_counts(const thalnet__work *work, const thalnet_batch *batch, size_t step, size_t row);

#endif
