/* SPDX-License-Identifier: MIT */
#ifndef EXPERIMENTS_MACHINE_H
#define EXPERIMENTS_MACHINE_H

/* One line: processor, cores, compiler, and what the library says of itself. Free it. */
char *machine_describe(void);

#endif
