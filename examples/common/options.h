/* SPDX-License-Identifier: MIT */
/* Command lines: a table says what the long options are called, what they take and where their values go; --help is
 * written from the same table. */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stddef.h>

enum example_option_kind {
  EXAMPLE_HEADING, /* a line between the options in --help; nothing else is looked at */
  EXAMPLE_TEXT,    /* const char **, not empty */
  EXAMPLE_COUNT,   /* long *, low..high */
  EXAMPLE_NUMBER,  /* double *, low..high */
  EXAMPLE_CHOICE   /* const char **, one of the words */
};

struct example_option {
  enum example_option_kind kind;
  const char *name;     /* without the two dashes */
  const char *argument; /* how --help calls the value; for choices: the words, with | between them */
  const char *help;     /* may go over several lines */
  void *value;          /* where the value goes; left alone unless the option is given */
  double low, high;
};

struct example_program {
  const char *name;
  const char *about; /* first lines of --help */
  const struct example_option *options;
  size_t option_count;
};

/* Returns -1 when the program should go on, otherwise its exit code: 0 after --help, 2 after a mistake, which has then been
 * reported on stderr. */
int example_options_parse(const struct example_program *program, int argc, char **argv);

#endif
