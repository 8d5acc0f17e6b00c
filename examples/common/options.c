/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { HELP_COLUMN = 28 };

/* --- help ------------------------------------------------------------------------------------------------------------ */

static void print_indented(const char *text, int column) {
  for (const char *line = text; *line;) {
    size_t length = strcspn(line, "\n");
    printf("%*s%.*s\n", line == text ? 0 : column, "", (int)length, line);
    line += length + (line[length] == '\n');
  }
}

static void print_option(const char *name, const char *argument, const char *help) {
  int used = printf("  --%s%s%s", name, *argument ? " " : "", argument);
  if (used > HELP_COLUMN - 2) {
    printf("\n");
    used = 0;
  }
  printf("%*s", HELP_COLUMN - used, "");
  print_indented(help, HELP_COLUMN);
}

static void print_help(const struct example_program *program) {
  printf("usage: %s [options]\n\n%s\n", program->name, program->about);
  for (size_t i = 0; i < program->option_count; i++) {
    const struct example_option *option = &program->options[i];
    if (option->kind == EXAMPLE_HEADING)
      printf("\n%s\n", option->help);
    else
      print_option(option->name, option->argument, option->help);
  }
  print_option("help", "", "this text");
}

/* --- values ---------------------------------------------------------------------------------------------------------- */

static int is_choice(const char *choices, const char *text) {
  for (size_t length;; choices += length + 1) {
    length = strcspn(choices, "|");
    if (length == strlen(text) && strncmp(choices, text, length) == 0) return 1;
    if (!choices[length]) return 0;
  }
}

static int parse_count(const struct example_option *option, const char *text) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || (double)value < option->low || (double)value > option->high) return -1;
  *(long *)option->value = value;
  return 0;
}

static int parse_number(const struct example_option *option, const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end || !isfinite(value) || value < option->low || value > option->high) return -1;
  *(double *)option->value = value;
  return 0;
}

static int parse_value(const char *program, const struct example_option *option, const char *text) {
  switch (option->kind) {
  case EXAMPLE_TEXT:
    if (!*text) break;
    *(const char **)option->value = text;
    return 0;
  case EXAMPLE_COUNT:
    if (parse_count(option, text) == 0) return 0;
    example_complain(program, "--%s takes a whole number from %.0f to %.0f, not '%s'", option->name, option->low,
                     option->high, text);
    return -1;
  case EXAMPLE_NUMBER:
    if (parse_number(option, text) == 0) return 0;
    example_complain(program, "--%s takes a number from %g to %g, not '%s'", option->name, option->low, option->high,
                     text);
    return -1;
  case EXAMPLE_CHOICE:
    if (!is_choice(option->argument, text)) break;
    *(const char **)option->value = text;
    return 0;
  case EXAMPLE_FLAG: *(int *)option->value = 1; return 0;
  case EXAMPLE_HEADING: break;
  }
  example_complain(program, "--%s takes %s, not '%s'", option->name, option->argument, text);
  return -1;
}

/* --- the command line ------------------------------------------------------------------------------------------------ */

void example_options_add(struct example_program *program, const struct example_option *options, size_t count) {
  for (size_t i = 0; i < count; i++, program->option_count++)
    if (program->option_count < EXAMPLE_OPTION_LIMIT) program->options[program->option_count] = options[i];
}

int example_options_parse(const struct example_program *program, int argc, char **argv) {
  static const struct option help = {"help", no_argument, NULL, 'h'};
  struct option longs[EXAMPLE_OPTION_LIMIT + 2];
  size_t count = 0;
  if (program->option_count > EXAMPLE_OPTION_LIMIT) {
    example_complain(program->name, "%zu options are more than %d", program->option_count, EXAMPLE_OPTION_LIMIT);
    return EXAMPLE_EXIT_FAILURE;
  }
  memset(longs, 0, sizeof longs);
  longs[count++] = help;
  for (size_t i = 0; i < program->option_count; i++) {
    if (program->options[i].kind == EXAMPLE_HEADING) continue;
    longs[count].name = program->options[i].name;
    longs[count].has_arg = program->options[i].kind == EXAMPLE_FLAG ? no_argument : required_argument;
    longs[count].val = 256 + (int)i; /* above all characters */
    count++;
  }
  int found;
  while ((found = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
    if (found == 'h') {
      print_help(program);
      return EXAMPLE_EXIT_SUCCESS;
    }
    /* getopt_long has already said what it does not understand */
    if (found < 256 || parse_value(program->name, &program->options[found - 256], optarg)) goto mistake;
  }
  if (optind == argc) return -1;
  example_complain(program->name, "'%s' is not an option", argv[optind]);
mistake:
  fprintf(stderr, "Try '%s --help'.\n", program->name);
  return EXAMPLE_EXIT_USAGE;
}
