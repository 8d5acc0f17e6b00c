/* SPDX-License-Identifier: MIT */
/* How strongly everything is connected with everything: by the weights, or by what comes through in a batch. */
#include "analysis/routing.h"

#include <math.h>
#include <string.h>

#include <thalnet/routing.h>

#include "analysis/survey.h"

/* --- by share --- */

/* The root of the mean over all readings and over the values that a contribution has. */
static real thalnet__root_mean(const thalnet__survey *survey, size_t to, size_t from, size_t size) {
  const double square = survey->squares[to * thalnet__node_count(survey->net) + from];
  return survey->readings == 0 ? 0 : (real)sqrt(square / ((double)survey->readings * (double)size));
}

/* --- by weight --- */

static real thalnet__reading_weight(const thalnet__survey *survey, const thalnet__reader *reader,
                                    const thalnet_module *slice) {
  const double scale = thalnet__is_static(reader) || survey->readings == 0 ? 1 : 1 / (double)survey->readings;
  return (real)thalnet__slice_norm(reader, slice, survey->weights + reader->column * survey->net->features, scale);
}

/* Frobenius norm of so many columns from the first on. */
static real thalnet__columns_norm(const real *weights, size_t rows, size_t columns, size_t ld) {
  double sum = 0;
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < columns; k++) sum += (double)weights[i * ld + k] * (double)weights[i * ld + k];
  return (real)sqrt(sum);
}

/* --- the matrices --- */

static real thalnet__reading_value(const thalnet__survey *survey, size_t m, size_t j) {
  const thalnet_center *net = survey->net;
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  if (reader->kind == NULL) return 0;
  if (survey->measure == THALNET_ROUTING_WEIGHT) return thalnet__reading_weight(survey, reader, net->modules[j]);
  return thalnet__root_mean(survey, thalnet__module_node(net, m), thalnet__module_node(net, j), reader->context);
}

static real thalnet__input_value(const thalnet__survey *survey, size_t m, const thalnet__connection *connection) {
  const thalnet_center *net = survey->net;
  const thalnet__layer *first = thalnet__first_layer(net->modules[m]);
  const size_t gates = first->kind->gates * first->units, number = (size_t)connection->number;
  if (survey->measure == THALNET_ROUTING_SHARE)
    return thalnet__root_mean(survey, thalnet__module_node(net, m), number, gates);
  return thalnet__columns_norm(net->parameters + first->weight_ih + connection->column, gates, net->inputs[number].size,
                               first->inputs);
}

static real thalnet__output_value(const thalnet__survey *survey, size_t m, const thalnet__connection *connection) {
  const thalnet_center *net = survey->net;
  const size_t features = net->modules[m]->features, number = (size_t)connection->number;
  if (survey->measure == THALNET_ROUTING_SHARE)
    return thalnet__root_mean(survey, thalnet__output_node(net, number), thalnet__module_node(net, m),
                              net->outputs[number].size);
  return thalnet__columns_norm(net->parameters + connection->place, net->outputs[number].size, features, features);
}

static void thalnet__fill_routing(const thalnet__survey *survey, real *values) {
  const size_t modules = survey->net->module_count;
  for (size_t m = 0; m < modules; m++)
    for (size_t j = 0; j < modules; j++) values[m * modules + j] = thalnet__reading_value(survey, m, j);
}

static void thalnet__fill_wiring(const thalnet__survey *survey, real *values) {
  const thalnet_center *net = survey->net;
  const size_t nodes = thalnet__node_count(net);
  memset(values, 0, nodes * nodes * sizeof *values);
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet_module *module = net->modules[m];
    const size_t mine = thalnet__module_node(net, m);
    for (size_t j = 0; j < net->module_count; j++)
      values[mine * nodes + thalnet__module_node(net, j)] = thalnet__reading_value(survey, m, j);
    for (size_t k = 0; k < module->input_count; k++)
      values[mine * nodes + (size_t)module->inputs[k].number] = thalnet__input_value(survey, m, &module->inputs[k]);
    for (size_t k = 0; k < module->output_count; k++)
      values[thalnet__output_node(net, (size_t)module->outputs[k].number) * nodes + mine] =
          thalnet__output_value(survey, m, &module->outputs[k]);
  }
}

thalnet_status thalnet__routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, int whole,
                                real *values) {
  thalnet__survey survey;
  const int look = thalnet__survey_needs_batch(net, measure);
  if (look && batch == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "batch is NULL: shares and dynamic readers need inputs to look at");
  thalnet_status status = thalnet__survey_make(net, measure, whole, &survey);
  if (status == THALNET_OK && look) status = thalnet__survey_look(&survey, batch);
  if (status == THALNET_OK && whole) thalnet__fill_wiring(&survey, values);
  if (status == THALNET_OK && !whole) thalnet__fill_routing(&survey, values);
  thalnet__survey_free(&survey);
  return status;
}
