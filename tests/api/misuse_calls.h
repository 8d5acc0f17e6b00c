/* SPDX-License-Identifier: MIT */
/* The table of test_misuse.c: every function that returns a status, with arguments that are right. A wrapper takes them
 * out of the generic form again. Included once. */
#ifndef TESTS_API_MISUSE_CALLS_H
#define TESTS_API_MISUSE_CALLS_H

#define D(n) ((void *)(uintptr_t)a[n].data)
#define N(n) (a[n].number)
#define I(n) (a[n].integer)
#define R(n) (a[n].real)
#define CALL(name, ...)                                                                                                \
  static thalnet_status call_##name(const struct argument *a) { return thalnet_##name(__VA_ARGS__); }

CALL(center_create, D(0), D(1))
CALL(center_add_input, D(0), D(1), N(2), D(3), D(4))
CALL(center_add_output, D(0), D(1), N(2), I(3), D(4), D(5))
CALL(center_add_module, D(0), D(1), D(2), D(3))
CALL(center_build, D(0), 7)
CALL(center_measure, D(0), D(1))
CALL(center_read, D(0), D(1), D(2), N(3))
CALL(center_write, D(0), D(1), D(2), N(3))
CALL(center_write_gradient, D(0), D(1), D(2), N(3))
CALL(center_read_gradient, D(0), D(1), D(2), N(3))
CALL(center_clear_gradients, D(0))
CALL(center_begin_write, D(0), D(1), D(2))
CALL(center_end_write, D(0))
CALL(module_add_dense, D(0), N(1), I(2), D(3))
CALL(module_add_gru, D(0), N(1), D(2))
CALL(module_add_lstm, D(0), N(1), D(2))
CALL(module_add_layer, D(0), N(1), D(2))
CALL(module_add_reader, D(0), I(1), N(2), D(3), D(4))
CALL(module_connect_input, D(0), I(1))
CALL(module_connect_output, D(0), I(1))
CALL(batch_create, D(0), N(1), N(2), D(3), D(4))
CALL(batch_measure_memory, D(0), N(1), N(2), D(3), 0, D(4))
CALL(batch_begin, D(0), N(1), N(2))
CALL(batch_set_inputs, D(0), I(1), D(2), N(3))
CALL(batch_set_tokens, D(0), I(1), D(2), N(3))
CALL(batch_set_lengths, D(0), D(1), N(2))
CALL(batch_set_resets, D(0), D(1), N(2))
CALL(batch_set_ids, D(0), D(1), N(2))
CALL(batch_set_epoch, D(0), 1)
CALL(batch_set_input_dropout, D(0), I(1), R(2))
CALL(batch_set_variational_input_dropout, D(0), I(1), R(2))
CALL(batch_set_dropout, D(0), D(1))
CALL(batch_set_labels, D(0), I(1), D(2), N(3))
CALL(batch_set_final_labels, D(0), I(1), D(2), N(3))
CALL(batch_set_targets, D(0), I(1), D(2), N(3))
CALL(batch_set_final_targets, D(0), I(1), D(2), N(3))
CALL(batch_set_final, D(0), I(1))
CALL(batch_set_weights, D(0), I(1), D(2), N(3))
CALL(batch_set_loss_weight, D(0), I(1), R(2))
CALL(batch_set_label_smoothing, D(0), I(1), R(2))
CALL(forward, D(0), D(1), D(2))
CALL(backward, D(0), D(1))
CALL(forward_backward, D(0), D(1), D(2))
CALL(gradient_check, D(0), D(1), D(2), D(3), D(4), N(5), D(6))
CALL(batch_measure, D(0), I(1), D(2))
CALL(batch_read_losses, D(0), I(1), D(2), N(3))
CALL(batch_read_output, D(0), I(1), D(2), N(3))
CALL(batch_read_final_output, D(0), I(1), D(2), N(3))
CALL(batch_write_output_gradient, D(0), I(1), D(2), N(3))
CALL(batch_write_final_output_gradient, D(0), I(1), D(2), N(3))
CALL(batch_read_input_gradient, D(0), I(1), D(2), N(3))
CALL(batch_read_state_gradient, D(0), D(1), N(2))
CALL(softmax, D(0), N(1))
CALL(activate, D(0), N(1), I(2))
CALL(state_create, D(0), N(1), D(2), D(3))
CALL(state_measure_memory, D(0), N(1), D(2), D(3))
CALL(state_create_in, D(0), N(1), D(2), D(3), N(4), D(5))
CALL(state_reset, D(0), D(1), N(2))
CALL(state_copy, D(0), D(1), D(2), D(3), 1)
CALL(state_read, D(0), N(1), D(2), N(3))
CALL(state_write, D(0), N(1), D(2), N(3))
CALL(state_set_input, D(0), I(1), D(2), N(3))
CALL(state_set_tokens, D(0), I(1), D(2), N(3))
CALL(state_advance, D(0), D(1), N(2))
CALL(state_read_output, D(0), I(1), D(2), N(3))
CALL(state_step, D(0), D(1), D(2), N(3), D(4), N(5))
CALL(optimizer_create, D(0), I(1), D(2), D(3))
CALL(step, D(0), D(1))
CALL(optimizer_swap_averages, D(0), D(1))
CALL(watch_create, D(0), D(1))
CALL(watch_step, D(0), 1.0, 1.0, D(1))
CALL(center_load, D(0), D(1), D(2))
CALL(center_load_memory, D(0), N(1), D(2), D(3))
CALL(center_save, D(0), D(1), D(2))
CALL(center_save_memory, D(0), D(1), N(2), D(3))
CALL(checkpoint_save, D(0), D(1), D(2))
CALL(checkpoint_save_memory, D(0), D(1), N(2), D(3))
CALL(checkpoint_load, D(0), D(1), D(2), D(3))
CALL(checkpoint_load_memory, D(0), N(1), D(2), D(3))
CALL(center_routing, D(0), D(1), I(2), D(3), N(4))
CALL(center_wiring, D(0), D(1), I(2), D(3), N(4))
CALL(center_ablate, D(0), D(1), D(2), N(3))
CALL(center_trace_routing, D(0), D(1), N(2), I(3), D(4), N(5))
CALL(center_trace_features, D(0), D(1), N(2), D(3), N(4))
CALL(graph_create, D(0), D(1), N(2), D(3), D(4))
CALL(graph_get_node, D(0), N(1), D(2))
CALL(graph_get_edge, D(0), N(1), D(2))
CALL(graph_summarize, D(0), D(1))
CALL(graph_find_path, D(0), I(1), I(2), D(3), 7, D(4), NULL)
CALL(graph_write, D(0), I(1), D(2), 1000, D(3))
CALL(center_edit, D(0), D(1))
CALL(module_remove, D(0))
CALL(module_split, D(0), D(1), D(2))
CALL(module_grow, D(0), N(1), N(2))
CALL(module_disconnect_input, D(0), I(1))
CALL(module_disconnect_output, D(0), I(1))
CALL(center_remove_input, D(0), I(1))
CALL(center_remove_output, D(0), I(1))
CALL(center_set_frozen, D(0), D(1), I(2))
CALL(optimizer_move, D(0), D(1), D(2))
CALL(state_move, D(0), D(1), D(2))
CALL(center_similarity, D(0), D(1), D(2), D(3), N(4), D(5), N(6), (void *)w.zeros)

#define H(what, handle)                                                                                                \
  { .kind = (what), .data = (handle) }
#define X(what, most)                                                                                                  \
  { .kind = (what), .size = (most), .number = 1 }
#define C(count)                                                                                                       \
  { .kind = COUNT, .size = (count), .number = (count) }
#define IN(count, value)                                                                                               \
  { .kind = INDEX, .size = (count), .integer = (value) }
#define REAL(what)                                                                                                     \
  { .kind = (what), .real = 0.5f }
#define TEXT(what, text)                                                                                               \
  { .kind = (what), .data = (text) }
#define OPT                                                                                                            \
  { .kind = OPTIONS }
#define SLOT                                                                                                           \
  { .kind = OUT, .data = &w.slot }
#define V                                                                                                              \
  { .kind = DATA, .data = w.values }
#define L                                                                                                              \
  { .kind = DATA, .data = w.integers }
#define Z                                                                                                              \
  { .kind = DATA, .data = w.room } /* room for a result */
#define NET H(CENTER, w.net)
#define NEW H(DRAFT, w.draft)
#define MOD H(MODULE, w.module)
#define BAT H(BATCH, w.batch)
#define FIN H(BATCH, w.final)
#define GRA H(GRAPH, w.graph)
#define STA H(STATE, w.state)
#define ROW(name, ...)                                                                                                 \
  {                                                                                                                    \
    "thalnet_" #name, call_##name, { __VA_ARGS__ }                                                                     \
  }
#define CONTENTS                                                                                                       \
  { .kind = OPTIONS, .data = &w.contents }
#define LAY                                                                                                            \
  { .kind = OPTIONS, .data = &host_gru }
#define LIMIT THALNET_SIZE_LIMIT

#define MISUSE_FUNCTIONS                                                                                               \
  ROW(center_create, OPT, SLOT), ROW(center_add_input, NEW, TEXT(NAME, "fine"), X(AMOUNT, LIMIT), OPT, {0}),           \
      ROW(center_add_output, NEW, TEXT(NAME, "fine"), X(AMOUNT, LIMIT), IN(3, 0), OPT, {0}),                           \
      ROW(center_add_module, NEW, {.kind = ANY, .data = NULL}, OPT, SLOT), ROW(center_build, NEW),                     \
      ROW(center_measure, NET, {.kind = DATA, .data = w.zeros}),                                                       \
      ROW(center_read, NET, TEXT(TENSOR, "outputs.0.bias"), Z, C(4)),                                                  \
      ROW(center_write, NET, TEXT(TENSOR, "outputs.0.bias"), V, C(4)),                                                 \
      ROW(center_write_gradient, NET, TEXT(TENSOR, "outputs.0.bias"), V, C(4)),                                        \
      ROW(center_read_gradient, NET, TEXT(TENSOR, "outputs.0.bias"), Z, C(4)), ROW(center_clear_gradients, NET),       \
      ROW(center_begin_write, NET, SLOT, Z), ROW(center_end_write, NET),                                               \
      ROW(module_add_dense, MOD, X(AMOUNT, LIMIT), IN(4, 0), OPT), ROW(module_add_gru, MOD, X(AMOUNT, LIMIT), OPT),    \
      ROW(module_add_lstm, MOD, X(AMOUNT, LIMIT), OPT), ROW(module_add_layer, MOD, X(AMOUNT, LIMIT), LAY),             \
      ROW(module_add_reader, MOD, IN(4, 0), X(AMOUNT, LIMIT), OPT, {.kind = ANY}),                                     \
      ROW(module_connect_input, MOD, IN(1, 0)), ROW(module_connect_output, MOD, IN(1, 0)),                             \
      ROW(batch_create, NET, X(AMOUNT, SIZE_MAX / 8), X(AMOUNT, SIZE_MAX / 8), OPT, SLOT),                             \
      ROW(batch_measure_memory, NET, X(AMOUNT, SIZE_MAX / 8), X(AMOUNT, SIZE_MAX / 8), OPT,                            \
          {.kind = DATA, .data = w.zeros}),                                                                            \
      ROW(batch_begin, BAT, X(MOST, S), X(MOST, K)), ROW(batch_set_inputs, BAT, IN(1, 0), V, C(S *K * 3)),             \
      ROW(batch_set_tokens, BAT, {.kind = INDEX, .size = 2, .integer = 1}, L, C(S *K)),                                \
      ROW(batch_set_lengths, BAT, L, C(S)), ROW(batch_set_resets, BAT, L, C(S *K)), ROW(batch_set_ids, BAT, L, C(S)),  \
      ROW(batch_set_epoch, H(BATCH, w.batch)), ROW(batch_set_input_dropout, BAT, IN(2, 0), REAL(RATE)),                \
      ROW(batch_set_variational_input_dropout, BAT, IN(2, 0), REAL(RATE)), ROW(batch_set_dropout, BAT, OPT),           \
      ROW(batch_set_labels, BAT, IN(1, 0), L, C(S *K)), ROW(batch_set_final_labels, BAT, IN(1, 0), L, C(S)),           \
      ROW(batch_set_targets, BAT, IN(2, 1), V, C(S *K * 2)), ROW(batch_set_final_targets, BAT, IN(2, 1), V, C(S * 2)), \
      ROW(batch_set_final, BAT, IN(3, 2)), ROW(batch_set_weights, BAT, IN(2, 0), V, C(S *K)),                          \
      ROW(batch_set_label_smoothing, BAT, IN(1, 0), REAL(RATE)),                                                       \
      ROW(batch_set_loss_weight, BAT, IN(3, 0), REAL(WEIGHT)), ROW(forward, NET, BAT, H(MAYBE_STATE, w.state)),        \
      ROW(backward, NET, BAT), ROW(forward_backward, NET, BAT, H(MAYBE_STATE, w.state)),                               \
      ROW(gradient_check, NET, BAT, H(MAYBE_STATE, w.state), OPT, {.kind = ANY}, {.kind = ANY, .number = 0},           \
          {.kind = OPTIONS, .data = w.zeros}),                                                                         \
      ROW(batch_measure, BAT, IN(3, 0), {.kind = OPTIONS, .data = w.zeros}),                                           \
      ROW(batch_read_losses, BAT, IN(3, 0), Z, C(S)), ROW(batch_read_output, BAT, IN(3, 0), Z, C(S *K * 4)),           \
      ROW(batch_read_final_output, FIN, IN(3, 0), Z, C(S * 4)),                                                        \
      ROW(batch_write_output_gradient, BAT, IN(3, 0), V, C(S *K * 4)),                                                 \
      ROW(batch_write_final_output_gradient, FIN, IN(3, 0), V, C(S * 4)),                                              \
      ROW(batch_read_input_gradient, BAT, IN(1, 0), Z, C(S *K * 3)),                                                   \
      ROW(batch_read_state_gradient, BAT, Z, C(S *w.memory)), ROW(softmax, V, {0}),                                    \
      ROW(activate, Z, {.kind = ANY, .number = 3}, IN(4, 0)),                                                          \
      ROW(state_create, NET, X(AMOUNT, SIZE_MAX / 64), OPT, SLOT),                                                     \
      ROW(state_measure_memory, NET, X(AMOUNT, SIZE_MAX / 64), OPT, Z),                                                \
      ROW(state_create_in, NET, X(AMOUNT, 10000), OPT, Z, {.kind = ANY, .number = 65536}, SLOT),                       \
      ROW(state_reset, STA, {.kind = ANY, .data = NULL}, {.kind = ANY, .number = 0}), ROW(state_copy, STA, L, STA, L), \
      ROW(state_read, STA, {.kind = MOST, .size = S - 1, .number = 0}, Z, C(w.memory)),                                \
      ROW(state_write, STA, {.kind = MOST, .size = S - 1, .number = 0}, V, C(w.memory)),                               \
      ROW(state_set_input, STA, IN(1, 0), V, {.kind = MOST, .size = S * 3, .number = S * 3}),                          \
      ROW(state_set_tokens, STA, IN(2, 1), L, {.kind = MOST, .size = S, .number = S}),                                 \
      ROW(state_advance, NET, STA, {.kind = MOST, .size = S, .number = 1}),                                            \
      ROW(state_read_output, STA, IN(3, 0), Z, C(4)), ROW(state_step, NET, STA, V, C(S * 3), Z, C(S * 4)),             \
      ROW(optimizer_create, NET, IN(4, 0), OPT, SLOT), ROW(step, H(OPTIMIZER, w.optimizer), NET),                      \
      ROW(optimizer_swap_averages, H(OPTIMIZER, w.optimizer), NET), ROW(watch_create, OPT, SLOT),                      \
      ROW(watch_step, H(WATCH, w.watch), {.kind = OPTIONS, .data = w.zeros}),                                          \
      ROW(center_load, TEXT(PATH, "nowhere"), OPT, SLOT),                                                              \
      ROW(center_load_memory, Z, {.kind = ANY, .number = 100}, OPT, SLOT),                                             \
      ROW(center_save, NET, TEXT(PATH, "never_written"), OPT),                                                         \
      ROW(center_save_memory, NET, {.kind = ANY, .data = w.room}, {.kind = ANY, .number = 10}, Z),                     \
      ROW(checkpoint_save, TEXT(PATH, "never_written"), CONTENTS, OPT),                                                \
      ROW(checkpoint_save_memory, CONTENTS, {.kind = ANY, .data = w.room}, {.kind = ANY, .number = 10}, Z),            \
      ROW(checkpoint_load, TEXT(PATH, "nowhere"), CONTENTS, OPT, SLOT),                                                \
      ROW(checkpoint_load_memory, Z, {.kind = ANY, .number = 100}, CONTENTS, SLOT),                                    \
      ROW(center_routing, NET, H(MAYBE_BATCH, NULL), IN(2, 0), Z, C(4)),                                               \
      ROW(center_wiring, NET, H(MAYBE_BATCH, NULL), IN(2, 0), Z, C(49)),                                               \
      ROW(center_ablate, NET, BAT, {.kind = DATA, .data = w.zeros}, C(49)),                                            \
      ROW(center_trace_routing, NET, BAT, {.kind = MOST, .size = S - 1, .number = 0}, IN(2, 0), Z, C(K * 4)),          \
      ROW(center_trace_features, NET, BAT, {.kind = MOST, .size = S - 1, .number = 0}, Z, C(K * 9)),                   \
      ROW(graph_create, NET, V, C(49), OPT, SLOT),                                                                     \
      ROW(graph_get_node, GRA, X(MOST, 6), {.kind = OPTIONS, .data = w.zeros}),                                        \
      ROW(graph_get_edge, GRA, {.kind = MOST, .size = w.edges - 1, .number = 0}, {.kind = OPTIONS, .data = w.zeros}),  \
      ROW(graph_summarize, GRA, {.kind = OPTIONS, .data = w.zeros}),                                                   \
      ROW(graph_find_path, GRA, IN(7, 0), IN(7, 0), L, Z), ROW(graph_write, GRA, IN(3, 0), Z, Z),                      \
      ROW(center_similarity, NET, V, NET, V, C(4), Z, C(2)), ROW(center_edit, NET, SLOT), ROW(module_remove, MOD),     \
      ROW(module_split, MOD, {.kind = ANY, .data = NULL}, SLOT), ROW(module_grow, MOD, {.kind = ANY}, {.kind = ANY}),  \
      ROW(module_disconnect_input, MOD, IN(1, 0)), ROW(module_disconnect_output, MOD, IN(1, 0)),                       \
      ROW(center_remove_input, NEW, IN(1, 0)), ROW(center_remove_output, NEW, IN(1, 0)),                               \
      ROW(center_set_frozen, NET, TEXT(DATA, "outputs."), IN(2, 0)),                                                   \
      ROW(optimizer_move, H(OPTIMIZER, w.optimizer), NET, SLOT), ROW(state_move, STA, NET, SLOT)

#endif
