/* SPDX-License-Identifier: MIT */
/* Random headers, good ones and broken ones. */
#ifndef TESTS_IO_HEADER_DRAW_H
#define TESTS_IO_HEADER_DRAW_H

#include <stddef.h>

enum { DRAWN_SIZE = 8192 };

typedef struct drawn {
  char text[DRAWN_SIZE];
  size_t size;
  unsigned long long data; /* bytes that its tensors cover */
} drawn;

/* A good header: some tensors in any order, metadata, spaces and escapes wherever JSON has them. */
void draw_header(drawn *header, unsigned long long *state);
/* Breaks it, or not: some changes leave it good. */
void break_header(drawn *header, unsigned long long *state);

#endif
