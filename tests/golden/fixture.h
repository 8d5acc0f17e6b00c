/* SPDX-License-Identifier: MIT */
/* Golden values as generate.py writes them: a network, what goes into it, and what an independent implementation makes
 * of it. The reader is strict: anything that it does not expect is an error. */
#ifndef TESTS_GOLDEN_FIXTURE_H
#define TESTS_GOLDEN_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  FIXTURE_PORTS = 4,
  FIXTURE_MODULES = 8,
  FIXTURE_LAYERS = 4,
  FIXTURE_GENERATIONS = 3,
  FIXTURE_ARRAYS = 240,
  FIXTURE_NAME = 64
};

/* An input or output. */
typedef struct fixture_port {
  char name[FIXTURE_NAME];
  size_t size;
  char kind[FIXTURE_NAME]; /* input: dense, tokens; output: its loss */
  int32_t steps;
  double weight; /* of an output's loss */
} fixture_port;

typedef struct fixture_layer {
  char kind[FIXTURE_NAME];
  size_t units;
  char variant[FIXTURE_NAME]; /* dense: the activation; gru: after, before; lstm: empty */
  bool norm;                  /* layer norm */
  double zoneout, cell_zoneout;
} fixture_layer;

typedef struct fixture_module {
  fixture_layer layers[FIXTURE_LAYERS];
  size_t layer_count;
  char reader[FIXTURE_NAME]; /* empty: none */
  size_t context;
  bool skip_own;
  int32_t inputs[FIXTURE_PORTS]; /* in the order of connecting */
  size_t input_count;
  int32_t outputs[FIXTURE_PORTS];
  size_t output_count;
  int32_t born;         /* an edited network: the generation that brought it */
  int32_t grown, young; /* and the one that brought all features but the first `young`; 0: all were there */
} fixture_module;

typedef struct fixture_array {
  char name[FIXTURE_NAME]; /* such as parameter/modules.0.reader.weight */
  size_t count;
  double *reals;     /* NULL in an array of integers */
  int32_t *integers; /* NULL in an array of reals */
  bool used;         /* asked for by fixture_find */
} fixture_array;

typedef struct fixture {
  char name[FIXTURE_NAME];
  int32_t settle_steps, learned_start, in_order;
  size_t sequences, frames;
  fixture_port inputs[FIXTURE_PORTS], outputs[FIXTURE_PORTS];
  size_t input_count, output_count;
  fixture_module modules[FIXTURE_MODULES];
  size_t module_count;
  fixture_array arrays[FIXTURE_ARRAYS];
  size_t array_count;
} fixture;

/* Reads a fixture from a file or from text of that many characters; NULL when it is malformed, and then error says
 * where. Free it with fixture_free. */
fixture *fixture_load(const char *path, char error[256]);
fixture *fixture_parse(const char *text, size_t size, char error[256]);
void fixture_free(fixture *golden);

/* The array of that name (as printf makes it), or NULL. */
fixture_array *fixture_find(fixture *golden, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole file, ended by a zero; NULL when it cannot be read. */
char *fixture_read_text(const char *path, size_t *size_out);

#endif
