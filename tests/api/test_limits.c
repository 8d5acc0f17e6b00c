/* SPDX-License-Identifier: MIT */
/* Every number that the headers bound, from both sides: the first and the last legal value work, the ones beside them are
 * refused with the documented status and leave everything as it was. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "host_layers.h"
#include "model_file.h"

#define MOST_BELOW_1F 0x1.fffffep-1 /* of floats */
#define TINYF 0x1p-149
#define MOST_BELOW_1 0x1.fffffffffffffp-1 /* of doubles */
#define LEAST_ABOVE_1 0x1.0000000000001p+0
#define LIMIT THALNET_SIZE_LIMIT

/* Tells whether a value is taken. NAN on a side: there is nothing to refuse there. */
struct row {
  const char *name;
  thalnet_status (*call)(double value);
  double below, least, most, above;
  thalnet_status too_low, too_high;
};

static struct {
  thalnet_center *net; /* SUPPORT_TASKS */
  thalnet_batch *batch, *empty;
  thalnet_state *state; /* three rows */
  float wiring[49];
  size_t parameters, operations;
  struct model model;
} w;

/* --- drafts --- */

/* What can be seen of a draft. */
static size_t seen(const thalnet_center *draft) {
  return (size_t)thalnet_center_input_count(draft) + (size_t)thalnet_center_output_count(draft) * 10 +
         (size_t)thalnet_center_module_count(draft) * 100 + thalnet_center_module_context(draft, 0) * 1000;
}

/* Makes a draft with a module, calls, and looks whether a call that fails has left anything. */
#define DRAFT(...)                                                                                                     \
  thalnet_center *draft = NULL;                                                                                        \
  thalnet_module *module = NULL;                                                                                       \
  EXPECT_OK(thalnet_center_create(NULL, &draft));                                                                      \
  EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));                                                    \
  const size_t before = seen(draft);                                                                                   \
  const thalnet_status status = __VA_ARGS__;                                                                           \
  ck_assert(status == THALNET_OK || seen(draft) == before);                                                            \
  thalnet_center_free(draft);                                                                                          \
  return status;

/* A call that takes one member of an options structure: <name>_<member>. */
#define OPTION(name, member, type, init, ...)                                                                          \
  static thalnet_status name##_##member(double value) {                                                                \
    type options = init;                                                                                               \
    options.member = value;                                                                                            \
    __VA_ARGS__                                                                                                        \
  }

static thalnet_status try_center(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  const thalnet_status status = thalnet_center_create(options, &net);
  ck_assert((status == THALNET_OK) == (net != NULL));
  thalnet_center_free(net);
  return status;
}
#define CENTER(member)                                                                                                 \
  OPTION(center, member, thalnet_center_options, THALNET_CENTER_OPTIONS_INIT, return try_center(&options);)
CENTER(threads)
CENTER(device)
CENTER(device_index)
CENTER(chunk_sequences)
CENTER(settle_steps)
CENTER(learned_start)
CENTER(in_order)
CENTER(reserved)

#define INPUT(member)                                                                                                  \
  OPTION(input, member, thalnet_input_options, THALNET_INPUT_OPTIONS_INIT,                                             \
         DRAFT(thalnet_center_add_input(draft, "x", 3, &options, NULL)))
INPUT(tokens)
INPUT(steps_per_frame)
#define OUTPUT(member)                                                                                                 \
  OPTION(output, member, thalnet_output_options, THALNET_OUTPUT_OPTIONS_INIT,                                          \
         DRAFT(thalnet_center_add_output(draft, "y", 3, THALNET_HOST_LOSS, &options, NULL)))
OUTPUT(weight)
OUTPUT(steps_per_frame)
#define DENSE(member)                                                                                                  \
  OPTION(dense, member, thalnet_dense_options, THALNET_DENSE_OPTIONS_INIT,                                             \
         DRAFT(thalnet_module_add_dense(module, 3, THALNET_RELU, &options)))
DENSE(layer_norm)
DENSE(reserved)
#define GRU(member)                                                                                                    \
  OPTION(gru, member, thalnet_gru_options, THALNET_GRU_OPTIONS_INIT, DRAFT(thalnet_module_add_gru(module, 3, &options)))
GRU(reset)
GRU(layer_norm)
GRU(zoneout)
GRU(gate_bias)
GRU(time_scale)
GRU(reserved)
#define LSTM(member)                                                                                                   \
  OPTION(lstm, member, thalnet_lstm_options, THALNET_LSTM_OPTIONS_INIT,                                                \
         DRAFT(thalnet_module_add_lstm(module, 3, &options)))
LSTM(layer_norm)
LSTM(zoneout)
LSTM(cell_zoneout)
LSTM(gate_bias)
LSTM(time_scale)
LSTM(reserved)
#define READER(member, kind)                                                                                           \
  OPTION(reader, member, thalnet_reader_options, THALNET_READER_OPTIONS_INIT,                                          \
         DRAFT(thalnet_module_add_reader(module, kind, 3, &options, NULL)))
READER(normalize, THALNET_GAUSSIAN)
READER(skip_own, THALNET_LINEAR)
READER(gain, THALNET_WEIGHT_NORM)
READER(reserved, THALNET_LINEAR)
#define LAYER(member)                                                                                                  \
  OPTION(layer, member, thalnet_layer, host_gru, DRAFT(thalnet_module_add_layer(module, 3, &options)))
LAYER(gates)
LAYER(hidden_gates)
LAYER(kept)
LAYER(cell)
LAYER(reserved)
OPTION(layer, vectors, thalnet_layer, host_gru, options.bias_starts = NULL; options.vector_starts = NULL;
       options.vector_bounds = NULL; DRAFT(thalnet_module_add_layer(module, 3, &options)))

/* Calls that take the number itself. */
#define CALL(name, ...)                                                                                                \
  static thalnet_status name(double value) { __VA_ARGS__ }
CALL(input_size, DRAFT(thalnet_center_add_input(draft, "x", (size_t)value, NULL, NULL)))
CALL(output_size, DRAFT(thalnet_center_add_output(draft, "y", (size_t)value, THALNET_HOST_LOSS, NULL, NULL)))
CALL(output_loss, DRAFT(thalnet_center_add_output(draft, "y", 3, (int32_t)value, NULL, NULL)))
CALL(dense_units, DRAFT(thalnet_module_add_dense(module, (size_t)value, THALNET_RELU, NULL)))
CALL(dense_activation, DRAFT(thalnet_module_add_dense(module, 3, (int32_t)value, NULL)))
CALL(gru_units, DRAFT(thalnet_module_add_gru(module, (size_t)value, NULL)))
CALL(lstm_units, DRAFT(thalnet_module_add_lstm(module, (size_t)value, NULL)))
CALL(layer_units, DRAFT(thalnet_module_add_layer(module, (size_t)value, &host_gru)))
CALL(reader_context, DRAFT(thalnet_module_add_reader(module, THALNET_LINEAR, (size_t)value, NULL, NULL)))
CALL(reader_kind, DRAFT(thalnet_module_add_reader(module, (int32_t)value, 3, NULL, NULL)))

/* Names of so many characters. */
static const char *name_of(double length) {
  static char name[100];
  memset(name, 'a', sizeof name);
  name[(size_t)length] = 0;
  return name;
}
CALL(input_name, DRAFT(thalnet_center_add_input(draft, name_of(value), 3, NULL, NULL)))
CALL(output_name, DRAFT(thalnet_center_add_output(draft, name_of(value), 3, THALNET_HOST_LOSS, NULL, NULL)))
CALL(module_name, thalnet_module *other; DRAFT(thalnet_center_add_module(draft, name_of(value), NULL, &other)))
CALL(layer_name, thalnet_layer layer = host_gru; layer.name = name_of(value);
     DRAFT(thalnet_module_add_layer(module, 3, &layer)))

/* So many of a kind: the status of the last one. All before it are fine. */
static thalnet_status declare(thalnet_center *draft, thalnet_module *module, char what, int number) {
  thalnet_module *made = NULL;
  char name[20] = "a";
  for (size_t at = 1; number > 0; number /= 26, at++) {
    name[at] = (char)('a' + number % 26);
  }
  return what == 'i'   ? thalnet_center_add_input(draft, name, 1, NULL, NULL)
         : what == 'o' ? thalnet_center_add_output(draft, name, 1, THALNET_HOST_LOSS, NULL, NULL)
         : what == 'm' ? thalnet_center_add_module(draft, name, NULL, &made)
                       : thalnet_module_add_dense(module, 1, THALNET_TANH, NULL);
}
static thalnet_status declare_all(thalnet_center *draft, thalnet_module *module, char what, int count) {
  for (int i = 1; i < count; i++) {
    EXPECT_OK(declare(draft, module, what, i));
  }
  return declare(draft, module, what, count);
}
#define DRAFT_OF(what, had)                                                                                            \
  thalnet_center *draft = NULL;                                                                                        \
  thalnet_module *module = NULL;                                                                                       \
  EXPECT_OK(thalnet_center_create(NULL, &draft));                                                                      \
  EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));                                                    \
  const thalnet_status status = declare_all(draft, module, what, (int)value - (had));                                  \
  thalnet_center_free(draft);                                                                                          \
  return status;
CALL(inputs, DRAFT_OF('i', 0))
CALL(outputs, DRAFT_OF('o', 0))
CALL(modules, DRAFT_OF('m', 1))
CALL(layers, DRAFT_OF('l', 0))

/* --- sums that a build looks at: thalnet_center_measure says the same before there is memory for them --- */

/* A module of `units` behind an input, with a reader where context is not 0. */
static void add(thalnet_center *draft, size_t units, int32_t kind, size_t context) {
  thalnet_module *module;
  EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, units, THALNET_RELU, NULL));
  if (context) {
    EXPECT_OK(thalnet_module_add_reader(module, kind, context, NULL, NULL));
  }
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
}
static thalnet_status measured(size_t input, size_t units, int32_t kind, size_t context, size_t more_units,
                               size_t more_context) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  thalnet_center *draft = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &draft));
  EXPECT_OK(thalnet_center_add_input(draft, "x", input, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(draft, "y", 1, THALNET_HOST_LOSS, NULL, NULL));
  add(draft, units, kind, context);
  if (more_units) {
    add(draft, more_units, kind, more_context);
  }
  const thalnet_status status = thalnet_center_measure(draft, &size);
  ck_assert((status == THALNET_OK) == (size.parameters > 0));
  thalnet_center_free(draft);
  return status;
}
CALL(all_features, return measured(1, (size_t)value - 7, 0, 0, 7, 0);)
CALL(all_contexts, return measured(1, 1, THALNET_LINEAR, (size_t)value - 7, 1, 7);)
CALL(inputs_and_context, return measured((size_t)value - 7, 1, THALNET_LINEAR, 7, 0, 0);)
CALL(softmax_weights, return measured(1, 32768, THALNET_SOFTMAX, (size_t)value, 0, 0);)

CALL(common_frames, thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
     thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT; thalnet_center *draft = NULL; thalnet_module * module;
     EXPECT_OK(thalnet_center_create(NULL, &draft)); options.steps_per_frame = 32;
     EXPECT_OK(thalnet_center_add_input(draft, "a", 1, &options, NULL)); options.steps_per_frame = (int32_t)value;
     EXPECT_OK(thalnet_center_add_input(draft, "b", 1, &options, NULL));
     EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));
     EXPECT_OK(thalnet_module_add_gru(module, 1, NULL)); EXPECT_OK(thalnet_module_connect_input(module, 0));
     EXPECT_OK(thalnet_module_connect_input(module, 1));
     const thalnet_status status = thalnet_center_measure(draft, &size); thalnet_center_free(draft); return status;)

/* An edit's layer of 4 units. */
CALL(grow, thalnet_center *draft = NULL; EXPECT_OK(thalnet_center_edit(w.net, &draft));
     const thalnet_status status = thalnet_module_grow(thalnet_center_get_module(draft, 0), 0,
                                                       (size_t)value - thalnet_center_module_features(w.net, 0));
     thalnet_center_free(draft); return status;)

/* --- batches --- */

static thalnet_status try_batch(size_t sequences, size_t frames, const thalnet_batch_options *options) {
  thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
  thalnet_batch *batch = NULL;
  const thalnet_status status = thalnet_batch_create(w.net, sequences, frames, options, &batch);
  ck_assert((status == THALNET_OK) == (batch != NULL));
  thalnet_batch_free(batch);
  ck_assert_int_eq(thalnet_batch_measure_memory(w.net, sequences, frames, options, 0, &size), status);
  return status;
}
#define BATCH(member)                                                                                                  \
  OPTION(batch, member, thalnet_batch_options, THALNET_BATCH_OPTIONS_INIT, return try_batch(1, 1, &options);)
BATCH(for_backward)
BATCH(input_gradients)
BATCH(state_gradients)
BATCH(reserved)
CALL(batch_sequences, return try_batch((size_t)value, 1, NULL);)
CALL(batch_frames, return try_batch(1, (size_t)value, NULL);)
CALL(begin_sequences, return thalnet_batch_begin(w.batch, (size_t)value, 4);)
CALL(begin_frames, return thalnet_batch_begin(w.batch, 3, (size_t)value);)
#define DROPOUT(member)                                                                                                \
  OPTION(dropout, member, thalnet_dropout_options, THALNET_DROPOUT_OPTIONS_INIT,                                       \
         return thalnet_batch_set_dropout(w.batch, &options);)
DROPOUT(contexts)
DROPOUT(features)
DROPOUT(modules)
DROPOUT(every_step)
CALL(input_dropout, return thalnet_batch_set_input_dropout(w.batch, 0, (float)value);)
CALL(variational_dropout, return thalnet_batch_set_variational_input_dropout(w.batch, 0, (float)value);)
CALL(loss_weight, return thalnet_batch_set_loss_weight(w.batch, 0, (float)value);)
CALL(smoothing, return thalnet_batch_set_label_smoothing(w.batch, 0, (float)value);)
CALL(weights, const float weights[3] = {1, 1, (float)value}; return thalnet_batch_set_weights(w.batch, 0, weights, 3);)
CALL(tokens, const int32_t tokens[12] = {[11] = (int32_t)value};
     return thalnet_batch_set_tokens(w.batch, 1, tokens, 12);)
CALL(labels, const int32_t labels[12] = {[11] = (int32_t)value};
     return thalnet_batch_set_labels(w.batch, 0, labels, 12);)
CALL(final_labels, const int32_t labels[3] = {[2] = (int32_t)value};
     return thalnet_batch_set_final_labels(w.batch, 0, labels, 3);)
CALL(lengths, const int32_t lengths[3] = {[2] = (int32_t)value}; return thalnet_batch_set_lengths(w.batch, lengths, 3);)
CALL(resets, const uint8_t resets[12] = {[11] = (uint8_t)value}; return thalnet_batch_set_resets(w.batch, resets, 12);)
CALL(input_number, const float values[36] = {0};
     return (int32_t)value == 1 ? THALNET_OK : thalnet_batch_set_inputs(w.batch, (int32_t)value, values, 36);)
CALL(output_number, return thalnet_batch_set_final(w.batch, (int32_t)value);)

/* --- states, optimizers, all else --- */

static thalnet_status try_state(size_t rows, const thalnet_state_options *options) {
  thalnet_state *state = NULL;
  uint64_t bytes;
  const thalnet_status status = thalnet_state_create(w.net, rows, options, &state);
  ck_assert((status == THALNET_OK) == (state != NULL));
  thalnet_state_free(state);
  ck_assert_int_eq(thalnet_state_measure_memory(w.net, rows, options, &bytes), status);
  return status;
}
#define STATE(member)                                                                                                  \
  OPTION(state, member, thalnet_state_options, THALNET_STATE_OPTIONS_INIT, return try_state(1, &options);)
STATE(live)
STATE(check_inputs)
CALL(state_rows, return try_state((size_t)value, NULL);)
CALL(reset_row, const size_t row = (size_t)value; return thalnet_state_reset(w.state, &row, 1);)
CALL(read_row, float values[100]; ck_assert_uint_le(thalnet_state_values(w.state), 100);
     return thalnet_state_read(w.state, (size_t)value, values, thalnet_state_values(w.state));)
CALL(advanced_rows, return thalnet_state_advance(w.net, w.state, (size_t)value);)
CALL(state_tokens, const int32_t token = (int32_t)value; return thalnet_state_set_tokens(w.state, 1, &token, 1);)

static thalnet_status try_optimizer(int32_t kind, const thalnet_optimizer_options *options) {
  thalnet_optimizer *optimizer = NULL;
  const thalnet_status status = thalnet_optimizer_create(w.net, kind, options, &optimizer);
  ck_assert((status == THALNET_OK) == (optimizer != NULL));
  thalnet_optimizer_free(optimizer);
  return status;
}
#define OPTIMIZER_WITH(member, ...)                                                                                    \
  OPTION(optimizer, member, thalnet_optimizer_options, THALNET_OPTIMIZER_OPTIONS_INIT,                                 \
         __VA_ARGS__ return try_optimizer(THALNET_ADAM, &options);)
#define OPTIMIZER(member) OPTIMIZER_WITH(member, )
OPTIMIZER(rate)
OPTIMIZER(momentum)
OPTIMIZER(beta1)
OPTIMIZER(beta2)
OPTIMIZER(smoothing)
OPTIMIZER(epsilon)
OPTIMIZER(weight_decay)
OPTIMIZER(clip_norm)
OPTIMIZER(decay_factor)
OPTIMIZER(final_fraction)
OPTIMIZER(schedule)
OPTIMIZER(nonfinite)
OPTIMIZER(average)
OPTIMIZER_WITH(decay_steps, options.schedule = THALNET_SCHEDULE_STEP;)
OPTIMIZER_WITH(total_steps, options.schedule = THALNET_SCHEDULE_COSINE; options.warmup_steps = 10;)
OPTIMIZER_WITH(warmup_steps, options.schedule = THALNET_SCHEDULE_COSINE; options.total_steps = 10;)
CALL(optimizer_kind, return try_optimizer((int32_t)value, NULL);)

/* Options come first; what is legal then finds a batch without sequences. */
static thalnet_status try_check(const thalnet_gradient_check_options *options) {
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  const thalnet_status status = thalnet_gradient_check(w.net, w.empty, NULL, options, NULL, 0, &result);
  return status == THALNET_ERROR_STATE ? THALNET_OK : status;
}
#define CHECK(member)                                                                                                  \
  OPTION(check, member, thalnet_gradient_check_options, THALNET_GRADIENT_CHECK_OPTIONS_INIT,                           \
         return try_check(&options);)
CHECK(step)
CHECK(tolerance)
CHECK(directions)
CHECK(reserved)

OPTION(graph, threshold, thalnet_graph_options, THALNET_GRAPH_OPTIONS_INIT, thalnet_graph *graph = NULL;
       const thalnet_status status = thalnet_graph_create(w.net, w.wiring, 49, &options, &graph);
       ck_assert((status == THALNET_OK) == (graph != NULL)); thalnet_graph_free(graph); return status;)
CALL(graph_form, thalnet_graph *graph; size_t length; char text[10000];
     EXPECT_OK(thalnet_graph_create(w.net, w.wiring, 49, NULL, &graph));
     const thalnet_status status = thalnet_graph_write(graph, (int32_t)value, text, sizeof text, &length);
     thalnet_graph_free(graph); return status;)
CALL(graph_node, thalnet_graph *graph; thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
     EXPECT_OK(thalnet_graph_create(w.net, w.wiring, 49, NULL, &graph));
     const thalnet_status status = thalnet_graph_get_node(graph, (size_t)value, &node); thalnet_graph_free(graph);
     return status;)
CALL(routing_measure, float values[49]; const size_t modules = (size_t)thalnet_center_module_count(w.net);
     return thalnet_center_routing(w.net, w.batch, (int32_t)value, values, modules *modules);)
CALL(frozen, return thalnet_center_set_frozen(w.net, "", (int32_t)value);)
CALL(activation, float values[2] = {0}; return thalnet_activate(values, 2, (int32_t)value);)

static thalnet_status try_load(const thalnet_load_options *options) {
  thalnet_center *net = NULL;
  const thalnet_status status = thalnet_center_load_memory(w.model.bytes, w.model.size, options, &net);
  ck_assert((status == THALNET_OK) == (net != NULL));
  thalnet_center_free(net);
  return status;
}
#define LOAD(member) OPTION(load, member, thalnet_load_options, THALNET_LOAD_OPTIONS_INIT, return try_load(&options);)
LOAD(allow_nonfinite)
LOAD(reserved)
/* So many more than the file has. */
CALL(load_max_parameters, thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
     options.max_parameters = (uint64_t)((double)w.parameters + value); return try_load(&options);)
CALL(load_max_step_operations, thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
     options.max_step_operations = (uint64_t)((double)w.operations + value); return try_load(&options);)

/* --- the table --- */

#define BAD THALNET_ERROR_ARGUMENT
#define HIGH THALNET_ERROR_LIMIT
#define DATA THALNET_ERROR_DATA
#define SIZE THALNET_ERROR_SIZE
#define WHOLE(name, least, most, low, high)                                                                            \
  { #name, name, (double)(least)-1, least, most, (double)(most) + 1, low, high }
#define FLAG(name) WHOLE(name, 0, 1, BAD, BAD)
#define ZERO(name) WHOLE(name, 0, 0, THALNET_ERROR_VERSION, THALNET_ERROR_VERSION)
#define FROM(name, least, most)                                                                                        \
  { #name, name, (double)(least)-1, least, most, NAN, BAD, THALNET_OK }
#define UP_TO(name, most, high)                                                                                        \
  { #name, name, NAN, 0, most, (double)(most) + 1, THALNET_OK, high }
#define FRACTION_F(name)                                                                                               \
  { #name, name, -TINYF, 0, MOST_BELOW_1F, 1, BAD, BAD }
#define FRACTION(name)                                                                                                 \
  { #name, name, -DBL_MIN, 0, MOST_BELOW_1, 1, BAD, BAD }
#define AMOUNT_F(name, status)                                                                                         \
  { #name, name, -TINYF, 0, FLT_MAX, INFINITY, status, status }
#define AMOUNT(name)                                                                                                   \
  { #name, name, -DBL_MIN, 0, DBL_MAX, INFINITY, BAD, BAD }
#define ONLY_0F(name)                                                                                                  \
  { #name " 0", name, -TINYF, -0.0, 0, TINYF, BAD, BAD }
#define RATE_F(name)                                                                                                   \
  ONLY_0F(name), { #name, name, 0x1.0c6f78p-20, 0x1.0c6f7ap-20, MOST_BELOW_1F, 1, BAD, BAD }

static const struct row rows[] = {
    WHOLE(center_threads, 1, 1024, BAD, HIGH),
    WHOLE(center_device, 0, 0, THALNET_ERROR_UNSUPPORTED, THALNET_ERROR_UNSUPPORTED),
    WHOLE(center_device_index, 0, 0, THALNET_ERROR_UNSUPPORTED, THALNET_ERROR_UNSUPPORTED),
    FROM(center_chunk_sequences, 0, INT32_MAX),
    WHOLE(center_settle_steps, 0, THALNET_STEPS_LIMIT, BAD, HIGH),
    FLAG(center_learned_start),
    FLAG(center_in_order),
    ZERO(center_reserved),
    FLAG(input_tokens),
    WHOLE(input_steps_per_frame, 1, THALNET_STEPS_LIMIT, BAD, HIGH),
    AMOUNT_F(output_weight, BAD),
    WHOLE(output_steps_per_frame, 1, THALNET_STEPS_LIMIT, BAD, HIGH),
    FLAG(dense_layer_norm),
    ZERO(dense_reserved),
    FLAG(gru_reset),
    FLAG(gru_layer_norm),
    RATE_F(gru_zoneout),
    {"gru_gate_bias", gru_gate_bias, -INFINITY, -FLT_MAX, FLT_MAX, INFINITY, BAD, BAD},
    ONLY_0F(gru_time_scale),
    {"gru_time_scale", gru_time_scale, 0x1.fffffep+0, 2, FLT_MAX, INFINITY, BAD, BAD},
    ZERO(gru_reserved),
    FLAG(lstm_layer_norm),
    RATE_F(lstm_zoneout),
    RATE_F(lstm_cell_zoneout),
    {"lstm_gate_bias", lstm_gate_bias, -INFINITY, -FLT_MAX, FLT_MAX, INFINITY, BAD, BAD},
    ONLY_0F(lstm_time_scale),
    {"lstm_time_scale", lstm_time_scale, 0x1.fffffep+0, 2, FLT_MAX, INFINITY, BAD, BAD},
    ZERO(lstm_reserved),
    FLAG(reader_normalize),
    FLAG(reader_skip_own),
    ONLY_0F(reader_gain),
    {"reader_gain", reader_gain, 0x1.0624dcp-10, 0x1.0624dep-10, 1000, 0x1.f40002p+9, BAD, BAD},
    ZERO(reader_reserved),
    WHOLE(layer_gates, 1, THALNET_LAYER_BLOCK_LIMIT, BAD, HIGH),
    UP_TO(layer_hidden_gates, THALNET_LAYER_BLOCK_LIMIT, HIGH),
    UP_TO(layer_vectors, THALNET_LAYER_BLOCK_LIMIT, HIGH),
    UP_TO(layer_kept, THALNET_LAYER_BLOCK_LIMIT, HIGH),
    FLAG(layer_cell),
    ZERO(layer_reserved),
    WHOLE(input_size, 1, LIMIT, BAD, HIGH),
    WHOLE(output_size, 1, LIMIT, BAD, HIGH),
    WHOLE(output_loss, THALNET_CROSS_ENTROPY, THALNET_HOST_LOSS, BAD, BAD),
    WHOLE(dense_units, 1, LIMIT, BAD, HIGH),
    WHOLE(dense_activation, THALNET_IDENTITY, THALNET_SIGMOID, BAD, BAD),
    WHOLE(gru_units, 1, LIMIT, BAD, HIGH),
    WHOLE(lstm_units, 1, LIMIT, BAD, HIGH),
    WHOLE(layer_units, 1, LIMIT, BAD, HIGH),
    WHOLE(reader_context, 1, LIMIT, BAD, HIGH),
    WHOLE(reader_kind, THALNET_LINEAR, THALNET_GAUSSIAN, BAD, BAD),
    WHOLE(input_name, 1, THALNET_NAME_LIMIT, DATA, DATA),
    WHOLE(output_name, 1, THALNET_NAME_LIMIT, DATA, DATA),
    WHOLE(module_name, 1, THALNET_NAME_LIMIT, DATA, DATA),
    WHOLE(layer_name, 1, THALNET_NAME_LIMIT, DATA, DATA),
    {"inputs", inputs, NAN, 1, THALNET_COUNT_LIMIT, THALNET_COUNT_LIMIT + 1, THALNET_OK, HIGH},
    {"outputs", outputs, NAN, 1, THALNET_COUNT_LIMIT, THALNET_COUNT_LIMIT + 1, THALNET_OK, HIGH},
    {"modules", modules, NAN, 2, THALNET_COUNT_LIMIT, THALNET_COUNT_LIMIT + 1, THALNET_OK, HIGH},
    {"layers", layers, NAN, 1, THALNET_COUNT_LIMIT, THALNET_COUNT_LIMIT + 1, THALNET_OK, HIGH},
    {"all_features", all_features, NAN, 8, LIMIT, LIMIT + 1, THALNET_OK, HIGH},
    {"all_contexts", all_contexts, NAN, 8, LIMIT, LIMIT + 1, THALNET_OK, HIGH},
    {"inputs_and_context", inputs_and_context, NAN, 8, LIMIT, LIMIT + 1, THALNET_OK, HIGH},
    {"softmax_weights", softmax_weights, NAN, 1, 65535, 65536, THALNET_OK, HIGH},
    {"common_frames 31 * 32", common_frames, NAN, 1, 31, 33, THALNET_OK, HIGH},
    {"common_frames 1024", common_frames, NAN, 1, 1024, 1023, THALNET_OK, HIGH},
    {"grow", grow, NAN, 100, LIMIT, LIMIT + 1, THALNET_OK, HIGH},
    FLAG(batch_for_backward),
    FLAG(batch_input_gradients),
    FLAG(batch_state_gradients),
    ZERO(batch_reserved),
    FROM(batch_sequences, 1, 100),
    FROM(batch_frames, 1, 100),
    UP_TO(begin_sequences, 3, SIZE),
    UP_TO(begin_frames, 4, SIZE),
    FRACTION_F(dropout_contexts),
    FRACTION_F(dropout_features),
    FRACTION_F(dropout_modules),
    FLAG(dropout_every_step),
    FRACTION_F(input_dropout),
    FRACTION_F(variational_dropout),
    AMOUNT_F(loss_weight, BAD),
    FRACTION_F(smoothing),
    AMOUNT_F(weights, DATA),
    WHOLE(tokens, -1, 4, DATA, DATA),
    WHOLE(labels, -1, 3, DATA, DATA),
    WHOLE(final_labels, -1, 3, DATA, DATA),
    WHOLE(lengths, 0, 4, DATA, DATA),
    UP_TO(resets, 1, DATA),
    WHOLE(input_number, 0, 1, BAD, BAD),
    WHOLE(output_number, 0, 2, BAD, BAD),
    FLAG(state_live),
    FLAG(state_check_inputs),
    FROM(state_rows, 1, 100),
    UP_TO(reset_row, 2, BAD),
    UP_TO(read_row, 2, BAD),
    UP_TO(advanced_rows, 3, SIZE),
    WHOLE(state_tokens, -1, 4, DATA, DATA),
    AMOUNT(optimizer_rate),
    FRACTION(optimizer_momentum),
    FRACTION(optimizer_beta1),
    FRACTION(optimizer_beta2),
    FRACTION(optimizer_smoothing),
    AMOUNT(optimizer_epsilon),
    AMOUNT(optimizer_weight_decay),
    {"optimizer_clip_norm", optimizer_clip_norm, -DBL_MIN, 0, INFINITY, NAN, BAD, THALNET_OK},
    {"optimizer_decay_factor", optimizer_decay_factor, 0, DBL_MIN, 1, LEAST_ABOVE_1, BAD, BAD},
    {"optimizer_final_fraction", optimizer_final_fraction, -DBL_MIN, 0, 1, LEAST_ABOVE_1, BAD, BAD},
    WHOLE(optimizer_schedule, THALNET_SCHEDULE_CONSTANT, THALNET_SCHEDULE_COSINE, BAD, BAD),
    WHOLE(optimizer_nonfinite, THALNET_NONFINITE_ERROR, THALNET_NONFINITE_PROPAGATE, BAD, BAD),
    FRACTION(optimizer_average),
    FROM(optimizer_decay_steps, 1, 1e18),
    FROM(optimizer_total_steps, 11, 1e18),
    UP_TO(optimizer_warmup_steps, 9, BAD),
    WHOLE(optimizer_kind, THALNET_SGD, THALNET_ADAMW, BAD, BAD),
    {"check_step", check_step, 0, DBL_MIN, 1, LEAST_ABOVE_1, BAD, BAD},
    {"check_tolerance", check_tolerance, 0x1.0624dd2f1a9fbp-10, 0.001, 1, LEAST_ABOVE_1, BAD, BAD},
    WHOLE(check_directions, 1, 1000, BAD, BAD),
    ZERO(check_reserved),
    AMOUNT(graph_threshold),
    WHOLE(graph_form, THALNET_GRAPH_DOT, THALNET_GRAPH_CSV, BAD, BAD),
    UP_TO(graph_node, 6, BAD),
    WHOLE(routing_measure, THALNET_ROUTING_WEIGHT, THALNET_ROUTING_SHARE, BAD, BAD),
    FLAG(frozen),
    WHOLE(activation, THALNET_IDENTITY, THALNET_SIGMOID, BAD, BAD),
    FLAG(load_allow_nonfinite),
    ZERO(load_reserved),
    {"load_max_parameters", load_max_parameters, -1, 0, 1, NAN, HIGH, THALNET_OK},
    {"load_max_step_operations", load_max_step_operations, -1, 0, 1, NAN, HIGH, THALNET_OK},
};

static void set_up(void) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  w.net = support_net(SUPPORT_TASKS, NULL);
  w.batch = support_batch(w.net, 3, 4);
  w.empty = support_batch(w.net, 3, 4);
  w.state = support_state(w.net, 3);
  support_fill(w.net, w.batch, 3, 4, 1);
  EXPECT_OK(thalnet_batch_begin(w.empty, 0, 4));
  EXPECT_OK(thalnet_center_wiring(w.net, w.batch, THALNET_ROUTING_WEIGHT, w.wiring, 49));
  EXPECT_OK(thalnet_center_measure(w.net, &size));
  w.parameters = size.parameters;
  w.operations = size.step_operations;
  w.model = model_of(w.net);
}

static void tear_down(void) {
  model_free(&w.model);
  thalnet_state_free(w.state);
  thalnet_batch_free(w.empty);
  thalnet_batch_free(w.batch);
  thalnet_center_free(w.net);
}

static void expect(const struct row *row, double value, thalnet_status expected) {
  const thalnet_status status = row->call(value);
  ck_assert_msg(status == expected, "%s = %a: %s (%s), not %s", row->name, value, thalnet_status_name(status),
                thalnet_error_text(), thalnet_status_name(expected));
  ck_assert(status == THALNET_OK || support_text_is_good(thalnet_error_text()));
}

START_TEST(both_sides_of_every_limit) {
  set_up();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (!isnan(rows[i].below)) {
      expect(&rows[i], rows[i].below, rows[i].too_low);
    }
    if (!isnan(rows[i].above)) {
      expect(&rows[i], rows[i].above, rows[i].too_high);
    }
    expect(&rows[i], rows[i].least, THALNET_OK);
    expect(&rows[i], rows[i].most, THALNET_OK);
  }
  tear_down();
}
END_TEST

/* What is no number is no legal value of any real option. */
START_TEST(not_a_number) {
  static const char *const reals[] = {"output_weight",       "gru_zoneout",       "gru_gate_bias",   "gru_time_scale",
                                      "lstm_cell_zoneout",   "reader_gain",       "dropout_modules", "input_dropout",
                                      "loss_weight",         "smoothing",         "weights",         "optimizer_rate",
                                      "optimizer_beta2",     "optimizer_epsilon", "check_step",      "check_tolerance",
                                      "optimizer_clip_norm", "graph_threshold"};
  set_up();
  for (size_t k = 0; k < sizeof reals / sizeof reals[0]; k++) {
    size_t found = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
      if (strcmp(rows[i].name, reals[k]) == 0) {
        expect(&rows[i], NAN, rows[i].too_low), found++;
      }
    }
    ck_assert_uint_eq(found, 1);
  }
  tear_down();
}
END_TEST

int main(void) {
  const TTest *const tests[] = {both_sides_of_every_limit, not_a_number};
  return SUPPORT_RUN("limits", tests);
}
