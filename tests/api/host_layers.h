/* SPDX-License-Identifier: MIT */
/* Layers as hosts write them: GRU and LSTM as the library has them, an LSTM with peepholes, and a leaky unit with recurrent
 * weights of its own. Also compiled with the library in double precision. */
#ifndef TESTS_API_HOST_LAYERS_H
#define TESTS_API_HOST_LAYERS_H

#include <stdatomic.h>

#include <thalnet/layer.h>

#ifdef THALNET_DOUBLE
typedef double host_number;
#else
typedef float host_number;
#endif

extern const thalnet_layer host_gru;  /* tensors as of thalnet_module_add_gru, reset after */
extern const thalnet_layer host_lstm; /* as of thalnet_module_add_lstm */
extern const thalnet_layer
    host_peeps; /* with peepholes i, f from the cell before, o from the new one (Gers et al. 2002) */
/* h' = h + s(l) (n - h), n = tanh(W_ih u + W_hh h + v * h); vectors v, l */
extern const thalnet_layer host_leaky;

/* The leaky unit with a mistake in backward; 0: none. */
enum {
  WRONG_NOWHERE,
  WRONG_PATH,   /* the path through v * h to the hidden state before is missing */
  WRONG_VECTOR, /* the vectors' gradients are in each other's place */
  WRONG_SIGN,   /* of the gradient of l */
  WRONG_FACTOR, /* the gradient of the input's products times 1.001 */
  WRONG_GATE,   /* the gradient of the hidden state's products is missing */
  WRONG_KINDS
};
thalnet_layer host_wrong(int mistake);

/* A layer around another one that counts its calls, and fails at one of them. */
struct host_failing {
  const thalnet_layer *inner;
  atomic_int calls[2]; /* forward, backward */
  int fail_at[2];      /* the number of the call, counted from 1, and all later ones; 0: none */
};
thalnet_layer host_failing_layer(struct host_failing *failing);

#endif
