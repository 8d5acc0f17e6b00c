/* SPDX-License-Identifier: MIT */
/* One line that says what went wrong, handed up to the function that decides what to do about it. */
#ifndef EXAMPLE_ERROR_H
#define EXAMPLE_ERROR_H

#if defined(__GNUC__)
#define EXAMPLE_PRINTF __attribute__((format(printf, 2, 3))) /* lets the compiler check the arguments */
#else
#define EXAMPLE_PRINTF
#endif

/* What the programs tell the shell. */
enum {
  EXAMPLE_EXIT_SUCCESS = 0,
  EXAMPLE_EXIT_FAILURE = 1,   /* no memory, a full disk: nothing the user wrote */
  EXAMPLE_EXIT_USAGE = 2,     /* a wrong option, or missing, truncated, wrong or mixed-up data */
  EXAMPLE_EXIT_NONFINITE = 3, /* training diverged */
  EXAMPLE_EXIT_SIGNAL = 128   /* plus the signal's number: 130 after Ctrl-C */
};

struct example_error {
  char text[1024];
};

/* Writes the text and returns -1, so that a failing function can end in `return example_fail(error, ...)`. */
int example_fail(struct example_error *error, const char *format, ...) EXAMPLE_PRINTF;

/* Prints `program: text` on stderr. */
void example_complain(const char *program, const char *format, ...) EXAMPLE_PRINTF;

#endif
