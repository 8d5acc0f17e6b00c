/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "common/system.h"

enum { LOG_LIMIT = 64 << 20, ERROR_CHARACTERS = 300 };

char *child_path(const struct launch *launch, const struct group *group, const struct row *row, long seed,
                 const char *ending) {
  return text_print("%s/%s/%s/%ld%s", launch->runs, group->name, row->name, seed, ending);
}

char *child_expand(const struct launch *launch, const char *word, size_t length) {
  struct text text = {NULL, 0, 0};
  for (size_t i = 0; i < length;) {
    if (length - i >= strlen("{data}") && strncmp(word + i, "{data}", strlen("{data}")) == 0) {
      text_add(&text, "%s", launch->data);
      i += strlen("{data}");
    } else {
      text_add_bytes(&text, word + i++, 1);
    }
  }
  text_add_bytes(&text, "", 0);
  return text.bytes;
}

/* --- starting -------------------------------------------------------------------------------------------------------- */

struct words {
  char **list; /* ends with NULL */
  size_t count;
};

static void add_word(struct words *words, char *word) {
  words->list = array_grow(words->list, words->count, sizeof *words->list);
  words->list[words->count++] = word;
}

static void add(struct words *words, const char *word) { add_word(words, text_copy(word, strlen(word))); }

static void free_words(struct words *words) {
  for (size_t i = 0; i < words->count; i++) free(words->list[i]);
  free(words->list);
}

/* The command's words, and those about this run. A folder's name may have blanks in it: it is filled in afterwards. */
static struct words make_words(const struct child *child, const struct launch *launch) {
  struct words words = {NULL, 0};
  char *command = table_command(child->group, child->row);
  for (const char *at = command; *at; at += strspn(at, " ")) {
    size_t length = strcspn(at, " ");
    add_word(&words, child_expand(launch, at, length));
    at += length;
  }
  free(command);
  add(&words, "--seed");
  add_word(&words, text_print("%ld", child->seed));
  add(&words, "--threads");
  add_word(&words, text_print("%ld", launch->threads));
  add(&words, "--curve");
  add_word(&words, child_path(launch, child->group, child->row, child->seed, ".curve.part"));
  add(&words, child->group->untested ? "--no-test" : "--curve-test");
  if (child->group->labels) {
    add(&words, "--predictions");
    add_word(&words, child_path(launch, child->group, child->row, child->seed, ".predictions.part"));
  }
  add_word(&words, NULL);
  return words;
}

static int open_output(const char *path) { return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666); }

/* In the child: what must be done between fork and exec. Only calls that are allowed there. */
static void become(const char *program, char **words, int log, int err, pid_t parent) {
#if defined(__linux__)
  /* A training without anybody to collect it would go on for hours, beside the one that is started in its place. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) _exit(EXAMPLE_EXIT_FAILURE);
#else
  (void)parent;
#endif
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, 0);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  if (dup2(log, 1) < 0 || dup2(err, 2) < 0) _exit(EXAMPLE_EXIT_FAILURE);
  execv(program, words);
  const char *reason = strerror(errno);
  if (write(2, program, strlen(program)) < 0 || write(2, ": ", 2) < 0 || write(2, reason, strlen(reason)) < 0 ||
      write(2, "\n", 1) < 0)
    _exit(EXAMPLE_EXIT_FAILURE);
  _exit(127); /* as shells do */
}

static int spawn(struct child *child, const struct launch *launch, const char *program, char **words,
                 struct example_error *error) {
  char *log_path = child_path(launch, child->group, child->row, child->seed, ".log");
  char *err_path = child_path(launch, child->group, child->row, child->seed, ".err");
  int log = open_output(log_path), err = log < 0 ? -1 : open_output(err_path), status = 0;
  pid_t parent = getpid();
  if (err < 0) {
    status = example_fail(error, "%.700s: %s", log < 0 ? log_path : err_path, strerror(errno));
  } else {
    fflush(stdout);
    child->pid = fork();
    if (child->pid == 0) become(program, words, log, err, parent);
    if (child->pid < 0) status = example_fail(error, "a process cannot be started: %s", strerror(errno));
    if (child->pid < 0) child->pid = 0;
  }
  if (log >= 0) close(log);
  if (err >= 0) close(err);
  free(log_path);
  free(err_path);
  return status;
}

int child_start(struct child *child, const struct launch *launch, struct example_error *error) {
  char *folder = text_print("%s/%s/%s", launch->runs, child->group->name, child->row->name);
  char *program = text_print("%s/%s", launch->programs, child->group->program);
  struct words words = make_words(child, launch);
  int status = example_make_folder(folder, error);
  child->started = example_seconds();
  if (!status) status = spawn(child, launch, program, words.list, error);
  free_words(&words);
  free(program);
  free(folder);
  return status;
}

int child_ended(struct child *child, int *status_out) {
  int status;
  pid_t found = waitpid(child->pid, &status, WNOHANG);
  if (found == 0 || (found < 0 && errno == EINTR)) return 0;
  child->pid = 0;
  *status_out = found < 0             ? EXAMPLE_EXIT_FAILURE
                : WIFSIGNALED(status) ? EXAMPLE_EXIT_SIGNAL + WTERMSIG(status)
                                      : WEXITSTATUS(status);
  return 1;
}

/* --- collecting ------------------------------------------------------------------------------------------------------ */

/* The last line that begins so and is not empty, as a line of printable characters; NULL: there is none. That --help may
 * help is no news. */
static char *last_line(const struct text *text, const char *beginning) {
  const char *found = NULL;
  size_t found_length = 0, skip = strlen(beginning);
  for (const char *at = text_string(text); *at;) {
    size_t length = strcspn(at, "\r\n");
    if (length > skip && strncmp(at, beginning, skip) == 0 && strncmp(at, "Try '", strlen("Try '")) != 0) {
      found = at + skip;
      found_length = length - skip;
    }
    at += length + (at[length] != '\0');
  }
  if (!found) return NULL;
  char *line = text_copy(found, found_length);
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
  return line;
}

static int read_child_file(const struct child *child, const struct launch *launch, const char *ending,
                           struct text *text, struct example_error *error) {
  char *path = child_path(launch, child->group, child->row, child->seed, ending);
  int status = text_read_file(text, path, LOG_LIMIT, error);
  free(path);
  return status;
}

/* Reads what a run that ended well has to leave behind. Returns what is missing, or NULL. */
static char *take_result(const struct child *child, const struct launch *launch, struct record *record) {
  const struct group *group = child->group;
  struct text log = {NULL, 0, 0}, curve = {NULL, 0, 0};
  struct example_error error = {""};
  double value;
  char *missing = NULL;
  if (read_child_file(child, launch, ".log", &log, &error) == 0) record->result = last_line(&log, "result ");
  if (read_child_file(child, launch, ".curve.part", &curve, &error) == 0) record->curve = curve.bytes;
  if (!record->result)
    missing = text_print("it ended well, but without a line 'result ...'");
  else if (record_measure(record, "validation", group->measure, &value))
    missing = text_print("its result has no validation_%s", group->measure);
  else if (!group->untested && record_measure(record, "test", group->measure, &value))
    missing = text_print("its result has no test_%s", group->measure);
  else if (!record->curve)
    missing = text_print("it ended well, but without a curve");
  text_free(&log);
  return missing;
}

/* Predictions get their name; without them the pairs of the page would be without these images. */
static char *take_predictions(const struct child *child, const struct launch *launch) {
  char *part = child_path(launch, child->group, child->row, child->seed, ".predictions.part");
  char *path = child_path(launch, child->group, child->row, child->seed, ".predictions");
  char *missing = NULL;
  if (!child->group->labels)
    unlink(path);
  else if (rename(part, path))
    missing = text_print("its predictions: %s", strerror(errno));
  free(part);
  free(path);
  return missing;
}

/* The line with {data} in place of the data's folder: where that is on this machine is nobody's business. */
static char *without_folder(const char *line, const char *folder) {
  char *inside = text_print("%s/", folder);
  const char *at = strstr(line, inside);
  char *whole =
      at ? text_print("%.*s{data}%s", (int)(at - line), line, at + strlen(folder)) : text_copy(line, strlen(line));
  free(inside);
  return whole;
}

/* Why it failed: what it said last. */
static char *take_error(const struct child *child, const struct launch *launch, int status) {
  struct text err = {NULL, 0, 0};
  struct example_error error = {""};
  char *said = read_child_file(child, launch, ".err", &err, &error) == 0 ? last_line(&err, "") : NULL, *why;
  char *line = said ? without_folder(said, launch->data) : NULL;
  if (status > EXAMPLE_EXIT_SIGNAL)
    why = text_print("ended by signal %d%s%.*s", status - EXAMPLE_EXIT_SIGNAL, line ? ": " : "", ERROR_CHARACTERS,
                     line ? line : "");
  else
    why = text_print("%.*s", ERROR_CHARACTERS, line ? line : "it said nothing");
  free(said);
  free(line);
  text_free(&err);
  return why;
}

static int save(const struct child *child, const struct launch *launch, const struct record *record,
                struct example_error *error) {
  char *path = child_path(launch, child->group, child->row, child->seed, ".run");
  struct text text = {NULL, 0, 0};
  text_add(&text, "%s\n", record_first_line);
  record_print(&text, record);
  int status = text_write_file(path, &text, error);
  text_free(&text);
  free(path);
  return status;
}

int child_collect(const struct child *child, const struct launch *launch, int status, struct record *record,
                  struct example_error *error) {
  memset(record, 0, sizeof *record);
  record->group = text_copy(child->group->name, strlen(child->group->name));
  record->row = text_copy(child->row->name, strlen(child->row->name));
  record->seed = child->seed;
  record->command = table_command(child->group, child->row);
  record->machine = text_copy(launch->machine, strlen(launch->machine));
  record->threads = launch->threads;
  record->jobs = launch->jobs;
  record->status = status;
  if (status == 0) record->error = take_result(child, launch, record);
  if (status == 0 && !record->error) record->error = take_predictions(child, launch);
  if (status != 0) record->error = take_error(child, launch, status);
  if (record->error) {
    if (status == 0) record->status = EXAMPLE_EXIT_FAILURE;
    free(record->result), free(record->curve);
    record->result = record->curve = NULL;
  }
  char *curve = child_path(launch, child->group, child->row, child->seed, ".curve.part");
  unlink(curve);
  free(curve);
  return save(child, launch, record, error);
}
