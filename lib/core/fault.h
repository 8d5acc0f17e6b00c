/* SPDX-License-Identifier: MIT */
/* Deliberate faults in the backward pass: negative controls of the gradient tests. They exist in the double build only; in
 * the library every THALNET__FAULT is the constant 0. */
#ifndef THALNET_CORE_FAULT_H
#define THALNET_CORE_FAULT_H

enum {
  THALNET__FAULT_NONE,
  THALNET__FAULT_SCALE_TERM,     /* GRU: gradient of the update gate scaled by 1.001 */
  THALNET__FAULT_DROP_BIAS,      /* gradients of the layers' biases dropped */
  THALNET__FAULT_DROP_RECURRENT, /* W_hh^T dG left out of the gradient of h_{t-1} */
  THALNET__FAULT_FORGET_STEP,    /* readers' gradient into the center forgotten at the first step */
  THALNET__FAULT_TRANSPOSED,     /* gradient of the static reading weights transposed where square */
  THALNET__FAULT_READER_PATH,    /* dynamic readers: path through the module's own features dropped */
  THALNET__FAULT_WEIGHT_NORM,    /* weight norm: projection term dropped */
  THALNET__FAULT_SETTLE,         /* gradient from the settle steps dropped */
  THALNET__FAULT_RESET,          /* gradient crosses resets */
  THALNET__FAULT_CELL,           /* LSTM: path through the cell dropped */
  THALNET__FAULT_SMOOTHING,      /* cross-entropy: gradient without label smoothing */
  THALNET__FAULT_SKIP_OWN,       /* readers without their own slice: gradient through what lies behind it dropped */
  THALNET__FAULT_IN_ORDER,       /* modules in order: gradient through what is read of the same step dropped */
  THALNET__FAULT_START,          /* gradient of the learned start dropped */
  THALNET__FAULT_NORM,           /* layer norm: path through the variance times 0.99 */
  THALNET__FAULT_NORM_MEAN,      /* layer norm: path through the mean times 0.99 */
  THALNET__FAULT_GAINS,          /* layer norm: gradients of the gains dropped */
  THALNET__FAULT_CONTEXT_MASKS,  /* dropout of contexts forgotten on the way back */
  THALNET__FAULT_CENTER_MASKS,   /* dropout of features and modules likewise */
  THALNET__FAULT_ZONEOUT,        /* zoneout: path through what units keep times 0.99 */
  THALNET__FAULT_GATES,          /* parts of readers: gradients of their gates dropped */
  THALNET__FAULT_PARTS,          /* gradient through what gated parts of readers read dropped */
  THALNET__FAULTS
};

#ifdef THALNET_DOUBLE
extern int thalnet__fault;
#define THALNET__FAULT(name) (thalnet__fault == THALNET__FAULT_##name)
#else
#define THALNET__FAULT(name) 0
#endif

#endif
