/* SPDX-License-Identifier: MIT */
/* Finished runs, as they are kept in files. A file is text:
 *
 *     thalnet-experiments 1
 *     run pmnist/thalnet 0
 *     command pmnist --data {data}/mnist --model thalnet
 *     machine AMD EPYC, 2 cores; gcc 12.2.0; thalnet 0.1.0 blas=openblas ...
 *     threads 1
 *     jobs 2
 *     status 0
 *     result test_accuracy=0.9776 validation_accuracy=0.9806 ...
 *     curve epoch,seconds,train_loss,train_accuracy,validation_accuracy,test_accuracy
 *     curve 1,12.10,0.912345,...
 *     end
 *     pair pmnist thalnet gru
 *     counts 0 9690 90 76 144
 *     variance 1.2e-06 3.4e-07
 *     end
 *
 * status is the program's exit code; in place of a result, a run that failed has `error` and the last line that the program
 * wrote to stderr. counts are, for a seed, the test images that both rows name rightly, only the first, only the second,
 * neither; variance are the two terms of statistics.h that need the single images. */
#ifndef EXPERIMENTS_RECORD_H
#define EXPERIMENTS_RECORD_H

#include <stddef.h>

#include "common/words.h"
#include "statistics.h"

struct record {
  char *group, *row;
  long seed;
  char *command, *machine;
  long threads, jobs; /* of the run, and how many ran at a time */
  int status;
  char *result, *error; /* one of them */
  char *curve;          /* lines of comma-separated values, or NULL */
};

struct pair_counts {
  long seed;
  long both, first, second, neither;
};

struct pair {
  char *group, *rows[2];
  struct pair_counts *counts; /* one a seed */
  size_t count;
  struct image_variance variance;
};

/* All that is known about a table's runs; at most one record for a group, row and seed. */
struct store {
  struct record *records;
  size_t count;
  struct pair *pairs;
  size_t pair_count;
};

void record_free(struct record *record);
void pair_free(struct pair *pair);
void store_free(struct store *store);

const struct record *store_find(const struct store *store, const char *group, const char *row, long seed);
const struct pair *store_find_pair(const struct store *store, const char *group, const char *first, const char *second);

/* Takes a record or pair over, in place of the one that is there. */
void store_put(struct store *store, struct record *record);
void store_put_pair(struct store *store, struct pair *pair);

/* Adds what a file holds. Returns 0; 1 where there is no such file; -1 with the file's name, the line and what is wrong. */
int store_read(struct store *store, const char *path, struct example_error *error);

/* Add the lines of a file. */
void record_print(struct words *text, const struct record *record);
void pair_print(struct words *text, const struct pair *pair);
extern const char *const record_first_line;

/* The number behind `key`= in the result. Returns -1 where there is none. */
int record_value(const struct record *record, const char *key, double *value);

/* The same of the measure "test_accuracy", for part "test" and measure "accuracy". */
int record_measure(const struct record *record, const char *part, const char *measure, double *value);

#endif
