/* SPDX-License-Identifier: MIT */
#include "golden/fixture.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
  const char *at, *end;
  size_t line;
  char word[128];
  char *error; /* [256], empty while all is well */
} reader;

static bool fail(reader *in, const char *what) {
  if (!in->error[0]) snprintf(in->error, 256, "line %zu: %s '%s'", in->line, what, in->word);
  return false;
}

/* The next word; comments run from # to the end of the line. */
static bool next_word(reader *in) {
  in->word[0] = '\0';
  while (in->at < in->end && (isspace((unsigned char)*in->at) || *in->at == '#')) {
    if (*in->at == '#') {
      while (in->at < in->end && *in->at != '\n') in->at++;
    } else {
      in->line += *in->at++ == '\n';
    }
  }
  size_t length = 0;
  while (in->at < in->end && !isspace((unsigned char)*in->at)) {
    if (length + 1 == sizeof in->word) return fail(in, "a word is too long:");
    in->word[length++] = *in->at++;
    in->word[length] = '\0';
  }
  if (length > 0 && in->at == in->end) return fail(in, "no end of line after");
  return length > 0 || fail(in, "the text ends early after");
}

static bool is_word(const reader *in, const char *word) { return strcmp(in->word, word) == 0; }

static bool next_name(reader *in, char name[FIXTURE_NAME]) {
  if (!next_word(in)) return false;
  if (strlen(in->word) >= FIXTURE_NAME) return fail(in, "a name is too long:");
  strcpy(name, in->word);
  return true;
}

static bool next_integer(reader *in, int32_t lowest, int32_t highest, int32_t *value_out) {
  if (!next_word(in)) return false;
  char *end = NULL;
  errno = 0;
  const long value = strtol(in->word, &end, 10);
  if (*end || errno || value < lowest || value > highest) return fail(in, "not an integer of that range:");
  *value_out = (int32_t)value;
  return true;
}

static bool next_size(reader *in, size_t *size_out) {
  int32_t value = 0;
  if (!next_integer(in, 1, 100000, &value)) return false;
  *size_out = (size_t)value;
  return true;
}

static bool next_real(reader *in, double *value_out) {
  if (!next_word(in)) return false;
  char *end = NULL;
  *value_out = strtod(in->word, &end);
  return (*end == '\0' && isfinite(*value_out)) || fail(in, "not a finite number:");
}

static bool next_port(reader *in, fixture_port *ports, size_t *count, bool is_output) {
  if (*count == FIXTURE_PORTS) return fail(in, "too many:");
  fixture_port *port = &ports[(*count)++];
  return next_name(in, port->name) && next_size(in, &port->size) && next_name(in, port->kind) &&
         next_integer(in, 1, 1024, &port->steps) && (!is_output || next_real(in, &port->weight));
}

static bool next_layer(reader *in, fixture_module *module) {
  if (module->layer_count == FIXTURE_LAYERS) return fail(in, "too many:");
  fixture_layer *layer = &module->layers[module->layer_count++];
  if (!next_name(in, layer->kind) || !next_size(in, &layer->units)) return false;
  return strcmp(layer->kind, "lstm") == 0 || next_name(in, layer->variant);
}

/* Of the layer above, as layer norm. */
static bool next_zoneout(reader *in, fixture_module *module) {
  if (module->layer_count == 0) return fail(in, "not expected here:");
  fixture_layer *layer = &module->layers[module->layer_count - 1];
  return next_real(in, &layer->zoneout) && next_real(in, &layer->cell_zoneout);
}

static bool next_norm(reader *in, fixture_module *module) {
  if (module->layer_count == 0) return fail(in, "not expected here:");
  return (module->layers[module->layer_count - 1].norm = true);
}

static bool next_connection(reader *in, int32_t numbers[FIXTURE_PORTS], size_t *count) {
  if (*count == FIXTURE_PORTS) return fail(in, "too many:");
  return next_integer(in, 0, FIXTURE_PORTS - 1, &numbers[(*count)++]);
}

static bool next_array(reader *in, fixture *golden, bool is_real) {
  fixture_array array = {.used = false};
  if (golden->array_count == FIXTURE_ARRAYS) return fail(in, "too many:");
  if (!next_name(in, array.name) || !next_size(in, &array.count)) return false;
  for (size_t i = 0; i < golden->array_count; i++)
    if (strcmp(golden->arrays[i].name, array.name) == 0) return fail(in, "an array is there twice, of count");
  if (is_real)
    array.reals = calloc(array.count, sizeof(double));
  else
    array.integers = calloc(array.count, sizeof(int32_t));
  if (!array.reals && !array.integers) return fail(in, "no memory for");
  golden->arrays[golden->array_count++] = array; /* fixture_free finds it from here on */
  for (size_t i = 0; i < array.count; i++)
    if (is_real ? !next_real(in, &array.reals[i]) : !next_integer(in, -1, 1000000, &array.integers[i])) return false;
  return true;
}

/* One statement; sets *done at the last. */
static bool next_statement(reader *in, fixture *golden, bool *done) {
  if (!next_word(in)) return false;
  if (is_word(in, "end")) return (*done = true);
  if (is_word(in, "input")) return next_port(in, golden->inputs, &golden->input_count, false);
  if (is_word(in, "output")) return next_port(in, golden->outputs, &golden->output_count, true);
  if (is_word(in, "real")) return next_array(in, golden, true);
  if (is_word(in, "integer")) return next_array(in, golden, false);
  if (is_word(in, "in_order") && golden->in_order == 0) return next_integer(in, 1, 1, &golden->in_order);
  if (is_word(in, "learned_start") && golden->learned_start == 0) return next_integer(in, 1, 1, &golden->learned_start);
  if (is_word(in, "module"))
    return golden->module_count++ < FIXTURE_MODULES || (golden->module_count--, fail(in, "too many:"));
  if (golden->module_count == 0) return fail(in, "not expected here:");
  fixture_module *module = &golden->modules[golden->module_count - 1];
  if (is_word(in, "layer")) return next_layer(in, module);
  if (is_word(in, "layer_norm")) return next_norm(in, module);
  if (is_word(in, "zoneout")) return next_zoneout(in, module);
  if (is_word(in, "connect_input")) return next_connection(in, module->inputs, &module->input_count);
  if (is_word(in, "connect_output")) return next_connection(in, module->outputs, &module->output_count);
  if (is_word(in, "born") && module->born == 0) return next_integer(in, 1, FIXTURE_GENERATIONS - 1, &module->born);
  if (is_word(in, "grown") && module->young == 0)
    return next_integer(in, 1, FIXTURE_GENERATIONS - 1, &module->grown) && next_integer(in, 1, 1000, &module->young);
  if (is_word(in, "reader") && !module->reader[0])
    return next_name(in, module->reader) && next_size(in, &module->context);
  if (is_word(in, "skip_own") && module->reader[0] && !module->skip_own) return (module->skip_own = true);
  return fail(in, "not expected here:");
}

static bool expect(reader *in, const char *word) {
  return next_word(in) && (is_word(in, word) || fail(in, "not expected:"));
}

fixture *fixture_parse(const char *text, size_t size, char error[256]) {
  reader in = {.at = text, .end = text + size, .line = 1, .error = error};
  error[0] = '\0';
  fixture *golden = calloc(1, sizeof *golden);
  if (!golden) return NULL;
  bool done = false;
  bool fine = expect(&in, "network") && next_name(&in, golden->name) && expect(&in, "settle_steps") &&
              next_integer(&in, 0, 1024, &golden->settle_steps) && expect(&in, "batch") &&
              next_size(&in, &golden->sequences) && next_size(&in, &golden->frames);
  while (fine && !done) fine = next_statement(&in, golden, &done);
  while (fine && in.at < in.end)
    if (!isspace((unsigned char)*in.at++)) fine = fail(&in, "something follows");
  if (fine) return golden;
  fixture_free(golden);
  return NULL;
}

void fixture_free(fixture *golden) {
  for (size_t i = 0; golden && i < golden->array_count; i++) {
    free(golden->arrays[i].reals);
    free(golden->arrays[i].integers);
  }
  free(golden);
}

char *fixture_read_text(const char *path, size_t *size_out) {
  *size_out = 0;
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  char *text = NULL;
  size_t size = 0, capacity = 0, done = 0;
  do {
    if (size + 1 >= capacity) {
      capacity = capacity ? 2 * capacity : 65536;
      char *larger = realloc(text, capacity);
      if (!larger) break;
      text = larger;
    }
    done = fread(text + size, 1, capacity - size - 1, file);
    size += done;
  } while (done > 0);
  const bool fine = text && done == 0 && !ferror(file);
  fclose(file);
  if (!fine) {
    free(text);
    return NULL;
  }
  text[size] = '\0';
  *size_out = size;
  return text;
}

fixture *fixture_load(const char *path, char error[256]) {
  size_t size = 0;
  char *text = fixture_read_text(path, &size);
  snprintf(error, 256, "the file cannot be read");
  fixture *golden = text ? fixture_parse(text, size, error) : NULL;
  free(text);
  return golden;
}

fixture_array *fixture_find(fixture *golden, const char *format, ...) {
  char name[2 * FIXTURE_NAME];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  for (size_t i = 0; i < golden->array_count; i++) {
    if (strcmp(golden->arrays[i].name, name) != 0) continue;
    golden->arrays[i].used = true;
    return &golden->arrays[i];
  }
  return NULL;
}
