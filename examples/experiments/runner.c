/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/system.h"

enum { PATIENCE_SECONDS = 20, LOOK_MILLISECONDS = 20 };

/* --- the plan ---------------------------------------------------------------------------------------------------------- */

/* Whether a name of the list is that of the group, or of the row. */
static int is_chosen(const struct selection *selection, const struct group *group, const struct row *row) {
  if (!selection->only) return (group->tunes != NULL) == (selection->tune != 0);
  for (const char *at = selection->only; *at; at += *at == ',') {
    size_t length = strcspn(at, ","), name = strcspn(at, "/,");
    if (strlen(group->name) == name && strncmp(group->name, at, name) == 0 &&
        (name == length ||
         (strlen(row->name) == length - name - 1 && strncmp(row->name, at + name + 1, length - name - 1) == 0)))
      return 1;
    at += length;
  }
  return 0;
}

static int check_names(const struct table *table, const char *only, struct example_error *error) {
  for (const char *at = only; at && *at; at += *at == ',') {
    size_t length = strcspn(at, ","), name = strcspn(at, "/,");
    size_t group = table_find_group(table, at, name);
    if (group == table->group_count)
      return example_fail(error, "--only %.*s: the table has no such group", (int)length, at);
    if (name < length &&
        table_find_row(&table->groups[group], at + name + 1, length - name - 1) == table->groups[group].row_count)
      return example_fail(error, "--only %.*s: the group has no such row", (int)length, at);
    at += length;
  }
  return 0;
}

static void add_run(struct plan *plan, const struct selection *selection, const struct store *store,
                    const struct group *group, const struct row *row, long seed) {
  const struct record *record = store_find(store, group->name, row->name, seed);
  plan->runs = array_grow(plan->runs, plan->count, sizeof *plan->runs);
  struct planned_run *run = &plan->runs[plan->count++];
  run->group = group;
  run->row = row;
  run->seed = seed;
  run->state = !record               ? PLANNED_TO_DO
               : record->status == 0 ? PLANNED_DONE
               : selection->retry    ? PLANNED_TO_DO
                                     : PLANNED_FAILED;
  plan->to_do += run->state == PLANNED_TO_DO;
}

int plan_make(struct plan *plan, const struct table *table, const struct selection *selection,
              const struct store *store, struct example_error *error) {
  memset(plan, 0, sizeof *plan);
  if (check_names(table, selection->only, error)) return -1;
  for (size_t g = 0; g < table->group_count; g++) {
    const struct group *group = &table->groups[g];
    size_t most = 0;
    for (size_t r = 0; r < group->row_count; r++)
      if (group->rows[r].seed_count > most) most = group->rows[r].seed_count;
    if (selection->seeds > 0 && most > (size_t)selection->seeds) most = (size_t)selection->seeds;
    for (size_t i = 0; i < most; i++)
      for (size_t r = 0; r < group->row_count; r++)
        if (i < group->rows[r].seed_count && is_chosen(selection, group, &group->rows[r]))
          add_run(plan, selection, store, group, &group->rows[r], group->rows[r].seeds[i]);
  }
  return 0;
}

/* --- doing it ---------------------------------------------------------------------------------------------------------- */

struct work {
  const struct plan *plan;
  const struct launch *launch;
  struct store *store;
  struct child *children; /* launch->jobs of them */
  size_t next, running, finished, failed;
  double seconds; /* that the finished ones took */
  int code;
};

static void pause_shortly(void) {
  const struct timespec time = {0, LOOK_MILLISECONDS * 1000000L};
  nanosleep(&time, NULL); /* a signal may end it early */
}

static int stop(struct work *w, const struct example_error *error) {
  example_complain("experiments", "%s", error->text);
  w->code = EXAMPLE_EXIT_FAILURE;
  return -1;
}

/* Starts runs while there are any and a place is free. */
static int start_some(struct work *w) {
  struct example_error error = {""};
  for (long i = 0; i < w->launch->jobs; i++) {
    while (w->next < w->plan->count && w->plan->runs[w->next].state != PLANNED_TO_DO) w->next++;
    if (w->next == w->plan->count) return 0;
    if (w->children[i].pid) continue;
    const struct planned_run *run = &w->plan->runs[w->next++];
    struct child child = {0, run->group, run->row, run->seed, 0.0};
    if (child_start(&child, w->launch, &error)) return stop(w, &error);
    w->children[i] = child;
    w->running++;
    printf("%s/%s seed %ld: started\n", run->group->name, run->row->name, run->seed);
  }
  return 0;
}

static void print_left(const struct work *w) {
  size_t left = w->plan->to_do - w->finished;
  double minutes = w->seconds / (double)w->finished * (double)left / (double)w->launch->jobs / 60.0;
  if (left == 0)
    printf("%zu of %zu done\n", w->finished, w->plan->to_do);
  else if (minutes < 90.0)
    printf("%zu of %zu done, about %.0f min left\n", w->finished, w->plan->to_do, minutes + 0.5);
  else
    printf("%zu of %zu done, about %.1f h left\n", w->finished, w->plan->to_do, minutes / 60.0);
}

/* A run that was told to stop has not failed: nothing is kept of it. */
static int was_interrupted(int status) {
  return status == EXAMPLE_EXIT_SIGNAL + SIGINT || status == EXAMPLE_EXIT_SIGNAL + SIGTERM;
}

static int collect_some(struct work *w, void (*finished)(void *, const struct record *), void *context) {
  struct example_error error = {""};
  for (long i = 0; i < w->launch->jobs; i++) {
    struct child *child = &w->children[i];
    struct record record;
    int status;
    if (!child->pid || !child_ended(child, &status)) continue;
    w->running--;
    if (was_interrupted(status) || (status && example_signal())) {
      printf("%s/%s seed %ld: interrupted\n", child->group->name, child->row->name, child->seed);
      w->code = status > EXAMPLE_EXIT_SIGNAL ? status : EXAMPLE_EXIT_SIGNAL + example_signal();
      continue;
    }
    if (child_collect(child, w->launch, status, &record, &error)) {
      record_free(&record);
      return stop(w, &error);
    }
    w->finished++;
    w->failed += record.status != 0;
    w->seconds += example_seconds() - child->started;
    store_put(w->store, &record);
    finished(context, store_find(w->store, child->group->name, child->row->name, child->seed));
    if (!example_signal()) print_left(w);
  }
  return 0;
}

/* Asks the children to stop, and if that takes too long makes them. */
static void end_children(struct work *w, int patience) {
  double asked = example_seconds();
  int number = SIGTERM;
  for (int first = 1; w->running > 0; first = 0) {
    int late = number == SIGTERM && example_seconds() - asked > patience;
    if (late) number = SIGKILL;
    for (long i = 0; i < w->launch->jobs; i++) {
      int status;
      if (!w->children[i].pid) continue;
      if (first || late) kill(w->children[i].pid, number);
      if (child_ended(&w->children[i], &status)) w->running--;
    }
    pause_shortly();
  }
}

int plan_run(const struct plan *plan, const struct launch *launch, struct store *store,
             void (*finished)(void *context, const struct record *record), void *context) {
  struct work w = {.plan = plan, .launch = launch, .store = store};
  w.children = calloc((size_t)launch->jobs, sizeof *w.children);
  if (!w.children) {
    example_complain("experiments", "no memory for %ld jobs", launch->jobs);
    return EXAMPLE_EXIT_FAILURE;
  }
  int stopped = start_some(&w);
  while (w.running > 0 && !stopped && !w.code && !example_signal()) {
    pause_shortly();
    stopped = collect_some(&w, finished, context);
    if (!stopped && !w.code && !example_signal()) stopped = start_some(&w);
  }
  if (w.running > 0) printf("stopping %zu run%s\n", w.running, w.running == 1 ? "" : "s");
  end_children(&w, PATIENCE_SECONDS);
  free(w.children);
  if (example_signal()) return EXAMPLE_EXIT_SIGNAL + example_signal();
  return w.code ? w.code : w.failed ? EXAMPLE_EXIT_FAILURE : EXAMPLE_EXIT_SUCCESS;
}
