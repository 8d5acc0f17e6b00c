/* SPDX-License-Identifier: MIT */
/* Who reads whom across tasks. */
#include <stdio.h>
#include <stdlib.h>

#include "multitask.h"

enum { GROUPS = TASKS + 1 }; /* each task's own modules, and those at the side */

static size_t group_of(const struct multitask *p, size_t module) {
  const size_t task = module / (size_t)p->settings.network.modules;
  return task < TASKS ? task : TASKS;
}

static void print_row(const struct multitask *p, const char *shown, const char *reader, const double *powers) {
  double sum = 0.0;
  const size_t groups = p->side > 0 ? GROUPS : TASKS;
  for (size_t g = 0; g < groups; g++) sum += powers[g];
  printf("%-12s %-20s", shown, reader);
  for (size_t g = 0; g < groups; g++) printf(" %12.3f", sum > 0.0 ? powers[g] / sum : 0.0);
  printf("\n");
}

/* While images of one task are shown: of the power of all that a group's readers read, and of what its output is made of, the
 * part that each group of modules has. */
static void print_shares(const struct multitask *p, size_t shown, const float *values, size_t nodes) {
  const size_t modules = nodes - 2 * TASKS;
  double powers[GROUPS + 1][GROUPS] = {{0.0}};
  char name[64];
  for (size_t i = 0; i < modules; i++) {
    for (size_t j = 0; j < modules; j++) {
      const double read = values[(TASKS + i) * nodes + TASKS + j];
      if (i != j) powers[group_of(p, i)][group_of(p, j)] += read * read;
    }
    const double put_out = values[(TASKS + modules + shown) * nodes + TASKS + i];
    powers[GROUPS][group_of(p, i)] += put_out * put_out;
  }
  for (size_t g = 0; g < (p->side > 0 ? GROUPS : TASKS); g++) {
    snprintf(name, sizeof name, "%s modules", g < TASKS ? p->tasks[g].name : "side");
    print_row(p, p->tasks[shown].name, name, powers[g]);
  }
  print_row(p, p->tasks[shown].name, "output", powers[GROUPS]);
}

thalnet_status multitask_print_wiring(struct multitask *p) {
  struct example_trainer *t = &p->trainer;
  const size_t nodes = (size_t)thalnet_center_module_count(t->net) + 2 * TASKS;
  float *values = malloc(nodes * nodes * sizeof *values);
  thalnet_status status = values ? THALNET_OK : THALNET_ERROR_MEMORY;
  if (!status)
    printf("who reads whom: parts of what is read of other modules\n%-12s %-20s %12s %12s %12s\n", "shown", "reader",
           p->tasks[0].name, p->tasks[1].name, p->side > 0 ? "side" : "");
  for (size_t k = 0; k < TASKS && !status; k++) {
    example_image_task_turn_to(&p->tasks[k], t);
    status = t->task.load_routing(t->task.context, t->evaluation);
    if (!status) status = thalnet_center_wiring(t->net, t->evaluation, THALNET_ROUTING_SHARE, values, nodes * nodes);
    if (!status) print_shares(p, k, values, nodes);
  }
  free(values);
  return status;
}
