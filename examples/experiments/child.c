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

char *child_path(const struct launch *launch, const struct group *group, const struct row *row, long seed,
                 const char *ending) {
  return words_print("%s/%s/%s/%ld%s", launch->runs, group->name, row->name, seed, ending);
}

char *child_expand(const struct launch *launch, const char *word, size_t length) {
  struct words text = {NULL, 0, 0};
  for (size_t i = 0; i < length;) {
    if (length - i >= strlen("{data}") && strncmp(word + i, "{data}", strlen("{data}")) == 0) {
      words_add(&text, "%s", launch->data);
      i += strlen("{data}");
    } else {
      words_add_bytes(&text, word + i++, 1);
    }
  }
  words_add_bytes(&text, "", 0);
  return text.bytes;
}

/* --- starting -------------------------------------------------------------------------------------------------------- */

struct arguments {
  char **list; /* ends with NULL */
  size_t count;
};

static void add_word(struct arguments *words, char *word) {
  words->list = array_grow(words->list, words->count, sizeof *words->list);
  words->list[words->count++] = word;
}

static void add(struct arguments *words, const char *word) { add_word(words, words_copy(word, strlen(word))); }

static void free_arguments(struct arguments *words) {
  for (size_t i = 0; i < words->count; i++) free(words->list[i]);
  free(words->list);
}

/* The command's words, and those about this run. A folder's name may have blanks in it: it is filled in afterwards. */
static struct arguments make_arguments(const struct child *child, const struct launch *launch) {
  struct arguments words = {NULL, 0};
  char *command = table_command(child->group, child->row);
  for (const char *at = command; *at; at += strspn(at, " ")) {
    size_t length = strcspn(at, " ");
    add_word(&words, child_expand(launch, at, length));
    at += length;
  }
  free(command);
  add(&words, "--seed");
  add_word(&words, words_print("%ld", child->seed));
  add(&words, "--threads");
  add_word(&words, words_print("%ld", launch->threads));
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
  char *folder = words_print("%s/%s/%s", launch->runs, child->group->name, child->row->name);
  char *program = words_print("%s/%s", launch->programs, child->group->program);
  struct arguments words = make_arguments(child, launch);
  int status = example_make_folder(folder, error);
  child->started = example_seconds();
  if (!status) status = spawn(child, launch, program, words.list, error);
  free_arguments(&words);
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
