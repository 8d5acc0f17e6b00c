/* SPDX-License-Identifier: MIT */
/* Networks of the tests of edit.h, and changes that keep their function. */
#ifndef TESTS_API_EDIT_NETS_H
#define TESTS_API_EDIT_NETS_H

#include "support.h"

enum { S = 5, K = 4 }; /* of the batches */

enum { EDIT_NORMALIZED = THALNET_GAUSSIAN + 1 }; /* kind of reader: the Gaussian with weights that sum to one */

/* With 1 the recurrent layers of what is made are those of the host. */
extern int edit_hosts;

/* Three modules of all kinds of layers, a dense and a token input, two outputs; so many steps a frame. */
thalnet_center *edit_make_paced(int32_t steps, int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start);
thalnet_center *edit_make(int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start);
/* One that has learned something, so that nothing is at its initial value. */
thalnet_center *edit_make_trained(int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start);
thalnet_center *edit_trained(thalnet_center *net);
void edit_train(thalnet_center *net, thalnet_optimizer *optimizer, int32_t steps, uint64_t seed);

/* The largest difference of an output of two networks on the same inputs; those that are new have random ones. */
double edit_distance(const thalnet_center *a, const thalnet_center *b, const char *output);

/* A draft; a module by its name, which is there. */
thalnet_center *edit_start(const thalnet_center *net);
thalnet_module *edit_module(thalnet_center *net, const char *name);
int edit_has(const thalnet_center *draft, const char *name);

int edit_has_tensor(const thalnet_center *net, const char *name);

/* Asserts that the outputs y and z differ by no more. */
void edit_same_function(const thalnet_center *a, const thalnet_center *b, double most, const char *what);
/* Routing by weight on a batch. */
void edit_route(const thalnet_center *net, float *values);
void edit_learn(thalnet_center *net, int32_t steps, uint64_t seed);
/* Builds a draft, after having measured it. */
thalnet_center *edit_built(thalnet_center *draft, uint64_t seed);
/* The next generation, which has the same function, and then learns. */
thalnet_center *edit_grown(thalnet_center *net, void (*change)(thalnet_center *), const char *what);

/* Changes of a draft. */
void edit_nothing(thalnet_center *draft);
void edit_attach(thalnet_center *draft);
void edit_grow_all(thalnet_center *draft);
void edit_split_two(thalnet_center *draft); /* into "twin" and others, but for modules in order that read themselves */
void edit_connect_more(thalnet_center *draft);
void edit_everything(thalnet_center *draft);
enum { EDIT_CHANGES = 6 };
extern void (*const edit_changes[EDIT_CHANGES])(thalnet_center *);

#endif
