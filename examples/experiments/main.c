/* SPDX-License-Identifier: MIT */
/* Runs a table of trainings of the other examples, each as a process of its own, and writes a page about them. What is
 * finished is kept: the program may be stopped at any moment and goes on where it was.
 *
 * Start reading at run(), near the bottom. table.c reads the table, runner.c plans and runs, child.c is one run, record.c
 * and results.c keep what came of it, statistics.c compares, page.c and curves.c write. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/options.h"
#include "common/system.h"
#include "machine.h"
#include "page.h"
#include "page_groups.h"
#include "pictures/available.h"
#include "results.h"
#include "runner.h"

struct experiments {
  const char *table_path, *page;
  char *programs;            /* the folder that this program is in */
  const char *programs_path; /* what the user says instead */
  char *machine;
  int page_only, list;
  struct selection selection;
  struct launch launch;
  struct table table;
  struct store recorded; /* what the repository has */
  struct store runs;     /* what is in the runs' folder, and what is finished now */
  int page_failed;
};

/* --- the command line -------------------------------------------------------------------------------------------------- */

static int parse(struct experiments *e, int argc, char **argv) {
  struct example_program program = {
      .name = "experiments",
      .about = "Runs a table of trainings, each as a process of its own, and writes a page about them.\n"
               "What is finished is kept; started again, it goes on with what is missing."};
  const struct example_option options[] = {
      EXAMPLE_OPTIONS_HEADING("What is run"),
      {EXAMPLE_TEXT, "table", "FILE", "the table (examples/experiments/runs.txt)", &e->table_path, 0, 0},
      {EXAMPLE_TEXT, "only", "NAMES", "GROUP or GROUP/ROW, several with commas between them", &e->selection.only, 0, 0},
      {EXAMPLE_FLAG, "tune", "", "the groups that choose settings, which leave the test data alone", &e->selection.tune,
       0, 0},
      {EXAMPLE_COUNT, "seeds", "N", "only the first N seeds of each row", &e->selection.seeds, 1, 1000},
      {EXAMPLE_FLAG, "retry", "", "run again what failed", &e->selection.retry, 0, 0},
      {EXAMPLE_FLAG, "list", "", "run nothing, tell what there is and what is done", &e->list, 0, 0},
      EXAMPLE_OPTIONS_HEADING("How"),
      {EXAMPLE_TEXT, "data", "DIR", "what {data} stands for in the table (data)", &e->launch.data, 0, 0},
      {EXAMPLE_TEXT, "programs", "DIR", "folder of the programs (this program's own)", &e->programs_path, 0, 0},
      {EXAMPLE_COUNT, "jobs", "N", "runs at a time (1)", &e->launch.jobs, 1, 1024},
      {EXAMPLE_COUNT, "threads", "N", "threads of each run (the cores, shared by the jobs)", &e->launch.threads, 1,
       1024},
      EXAMPLE_OPTIONS_HEADING("What becomes of it"),
      {EXAMPLE_TEXT, "runs", "DIR", "folder of the finished runs (runs)", &e->launch.runs, 0, 0},
      {EXAMPLE_TEXT, "page", "FILE.md",
       "write this page after every run, pictures and results into FILE/.\n"
       "Without it finished runs are compared with those in docs/results/",
       &e->page, 0, 0},
      {EXAMPLE_FLAG, "page-only", "", "run nothing, write the page from what is there", &e->page_only, 0, 0},
  };
  e->table_path = "examples/experiments/runs.txt";
  e->launch.data = "data";
  e->launch.runs = "runs";
  e->launch.jobs = 1;
  example_options_add(&program, options, sizeof options / sizeof options[0]);
  int code = example_options_parse(&program, argc, argv);
  if (code >= 0) return code;
  char *folder = e->page ? page_folder(e->page) : NULL;
  const char *mistake = e->page && !folder         ? "--page takes a file whose name ends in .md"
                        : e->page_only && !e->page ? "--page-only needs --page"
                        : e->page_only && e->list  ? "--page-only does not go with --list"
                                                   : NULL;
  free(folder);
  if (!mistake) return -1;
  example_complain("experiments", "%s", mistake);
  return EXAMPLE_EXIT_USAGE;
}

static void fill_in(struct experiments *e, const char *self) {
  const char *slash = strrchr(self, '/');
  e->programs = slash ? words_copy(self, (size_t)(slash - self)) : words_copy(".", 1);
  e->launch.programs = e->programs_path ? e->programs_path : e->programs;
  e->machine = machine_describe();
  e->launch.machine = e->machine;
  if (e->launch.threads == 0)
    e->launch.threads = example_cores() > e->launch.jobs ? example_cores() / e->launch.jobs : 1;
}

/* --- the page ---------------------------------------------------------------------------------------------------------- */

/* Copies of what is kept, put together for the page: runs come in place of recorded ones. They are read again from their files,
 * which is fast, and makes the page that of the files. */
static int write_page(struct experiments *e, struct example_error *error) {
  struct store all = {NULL, 0, NULL, 0};
  char *folder = page_folder(e->page);
  size_t left_out = 0;
  int status = results_read_recorded(&all, &e->table, folder, &left_out, error);
  if (!status) status = results_read_runs(&all, &e->table, &e->launch, error);
  if (!status) {
    results_count_pairs(&all, &e->table, &e->launch);
    status = page_write(&all, &e->table, e->page, error);
  }
  if (!status && left_out > 0)
    printf("%zu recorded runs were left out: the table does not have them, or has another command for them\n",
           left_out);
  store_free(&all);
  free(folder);
  return status;
}

/* --- what is told ------------------------------------------------------------------------------------------------------ */

static void print_measures(const struct record *record, const struct group *group) {
  static const char *const parts[] = {"test", "validation"};
  struct words text = {NULL, 0, 0};
  double value;
  for (int i = 0; i < 2; i++)
    if (record_measure(record, parts[i], group->measure, &value) == 0) {
      words_add(&text, "%s%s ", text.length > 0 ? ", " : "", parts[i]);
      page_print_value(&text, group, value);
    }
  printf("%s", words_string(&text));
  words_free(&text);
}

/* After every run. */
static void tell(void *context, const struct record *record) {
  struct experiments *e = context;
  struct example_error error = {""};
  const struct group *group = &e->table.groups[table_find_group(&e->table, record->group, strlen(record->group))];
  const struct record *recorded = store_find(&e->recorded, record->group, record->row, record->seed);
  printf("%s/%s seed %ld: ", record->group, record->row, record->seed);
  if (record->status) {
    printf("failed with exit code %d: %s\n", record->status, record->error);
  } else {
    print_measures(record, group);
    if (recorded && recorded->status == 0) {
      printf("; recorded in the repository: ");
      print_measures(recorded, group);
    }
    printf("\n");
  }
  if (!e->page || e->page_failed) return;
  e->page_failed = write_page(e, &error) != 0; /* the runs go on: nothing is lost */
  if (e->page_failed) example_complain("experiments", "%s", error.text);
}

static void print_list(const struct plan *plan) {
  static const char *const states[] = {"to do", "done", "failed"};
  for (size_t i = 0; i < plan->count; i++) {
    const struct planned_run *run = &plan->runs[i];
    char *command = table_command(run->group, run->row);
    printf("%-6s %s/%s %ld: %s\n", states[run->state], run->group->name, run->row->name, run->seed, command);
    free(command);
  }
}

/* --- the program ------------------------------------------------------------------------------------------------------- */

static int fail(const struct example_error *error) {
  example_complain("experiments", "%s", error->text);
  return EXAMPLE_EXIT_USAGE;
}

/* Two of these programs would write into the same files. The lock ends with the program, however it ends. */
static int lock_runs(struct experiments *e, struct example_error *error) {
  if (example_make_folder(e->launch.runs, error)) return -1;
  char *path = words_print("%s/lock", e->launch.runs);
  int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  int status = descriptor >= 0 && fcntl(descriptor, F_SETLK, &lock) == 0 ? 0 : -1;
  if (status && (errno == EACCES || errno == EAGAIN) && descriptor >= 0)
    example_fail(error, "%.700s: another experiments works there", e->launch.runs);
  else if (status)
    example_fail(error, "%.700s: %s", path, strerror(errno));
  free(path);
  return status;
}

static int run_plan(struct experiments *e) {
  struct example_error error = {""};
  struct plan plan;
  if (plan_make(&plan, &e->table, &e->selection, &e->runs, &error)) return fail(&error);
  int code = EXAMPLE_EXIT_SUCCESS;
  if (e->list) {
    print_list(&plan);
  } else {
    size_t failed = 0;
    for (size_t i = 0; i < plan.count; i++) failed += plan.runs[i].state == PLANNED_FAILED;
    printf("%zu runs, %zu to do", plan.count, plan.to_do);
    if (failed) printf("; %zu failed before, --retry runs them again", failed);
    printf("\n");
    if (e->page && !pictures_available()) printf("built without cairo: pictures stay as they are\n");
    example_catch_signals();
    code = plan_run(&plan, &e->launch, &e->runs, tell, e);
    if (!code && failed) code = EXAMPLE_EXIT_FAILURE;
  }
  free(plan.runs);
  return code;
}

static int run(struct experiments *e) {
  struct example_error error = {""};
  size_t left_out = 0;
  if (table_read(&e->table, e->table_path, &error)) return fail(&error);
  if (e->page_only) return write_page(e, &error) ? fail(&error) : EXAMPLE_EXIT_SUCCESS;
  if (!e->list && lock_runs(e, &error)) return fail(&error);
  char *folder = page_folder(e->page ? e->page : "docs/results.md");
  int status = results_read_recorded(&e->recorded, &e->table, folder, &left_out, &error);
  free(folder);
  if (!status) status = results_read_runs(&e->runs, &e->table, &e->launch, &error);
  if (status) return fail(&error);
  int code = run_plan(e);
  if (e->page && !e->list && write_page(e, &error)) { /* also where there was nothing to do */
    example_complain("experiments", "%s", error.text);
    e->page_failed = 1;
  }
  return code ? code : e->page_failed ? EXAMPLE_EXIT_FAILURE : EXAMPLE_EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  static struct experiments e;
  int code = parse(&e, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  fill_in(&e, argv[0]);
  code = run(&e);
  store_free(&e.recorded);
  store_free(&e.runs);
  table_free(&e.table);
  free(e.programs);
  free(e.machine);
  return code;
}
