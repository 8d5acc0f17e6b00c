/* SPDX-License-Identifier: MIT */
/* Text written by a small grammar: sentences of a few hundred words in lower case, with agreement of number and relative
 * clauses. It is the same on every machine. */
#ifndef EXAMPLE_GRAMMAR_H
#define EXAMPLE_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

/* Fills text with sentences; the last one may be cut off. */
void example_grammar_write(uint8_t *text, size_t count);

#endif
