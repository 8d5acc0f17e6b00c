/* SPDX-License-Identifier: MIT */
/* Command lines: tables say what the long options are called, what they take and where their values go; --help is written
 * from the same tables. A program adds its own and the common ones to one list. */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stddef.h>

enum example_option_kind {
  EXAMPLE_HEADING, /* a line between the options in --help; nothing else is looked at */
  EXAMPLE_TEXT,    /* const char **, not empty */
  EXAMPLE_COUNT,   /* long *, low..high */
  EXAMPLE_NUMBER,  /* double *, low..high */
  EXAMPLE_CHOICE,  /* const char **, one of the words */
  EXAMPLE_FLAG     /* int *, becomes 1; takes no value */
};

struct example_option {
  enum example_option_kind kind;
  const char *name;     /* without the two dashes */
  const char *argument; /* how --help calls the value; for choices: the words, with | between them */
  const char *help;     /* may go over several lines */
  void *value;          /* where the value goes; left alone unless the option is given */
  double low, high;
};

#define EXAMPLE_OPTIONS_HEADING(text)                                                                                  \
  { EXAMPLE_HEADING, NULL, NULL, text, NULL, 0.0, 0.0 }

enum { EXAMPLE_OPTION_LIMIT = 120 };

struct example_program {
  const char *name;
  const char *about; /* first lines of --help */
  struct example_option options[EXAMPLE_OPTION_LIMIT];
  size_t option_count;
};

/* Adds options behind those that are there; more than the limit are left out, and example_options_parse then fails. */
void example_options_add(struct example_program *program, const struct example_option *options, size_t count);

/* Returns -1 when the program should go on, otherwise its exit code: 0 after --help, 2 after a mistake, which has then been
 * reported on stderr. */
int example_options_parse(const struct example_program *program, int argc, char **argv);

#endif
