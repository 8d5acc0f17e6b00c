/* SPDX-License-Identifier: MIT */
/* Update rules of the optimizers; part of kernels_body.h. The rules are written down in thalnet/optimizer.h. */

static void THALNET__KERNEL(sgd)(size_t n, const thalnet__update *update, const real *restrict g, real *restrict m,
                                 real *restrict w) {
  const thalnet__update u = *update;
  for (size_t i = 0; i < n; i++) {
    m[i] = u.momentum * m[i] + (u.scale * g[i] + u.decay * w[i]);
    w[i] -= u.rate * m[i];
  }
}

static void THALNET__KERNEL(rmsprop)(size_t n, const thalnet__update *update, const real *restrict g, real *restrict m,
                                     real *restrict v, real *restrict w) {
  const thalnet__update u = *update;
  for (size_t i = 0; i < n; i++) {
    real gradient = u.scale * g[i] + u.decay * w[i];
    v[i] = u.beta2 * v[i] + (1 - u.beta2) * gradient * gradient;
    m[i] = u.momentum * m[i] + gradient / (thalnet__sqrt(v[i]) + u.epsilon);
    w[i] -= u.rate * m[i];
  }
}

static void THALNET__KERNEL(adam)(size_t n, const thalnet__update *update, const real *restrict g, real *restrict m,
                                  real *restrict v, real *restrict w) {
  const thalnet__update u = *update;
  for (size_t i = 0; i < n; i++) {
    real gradient = u.scale * g[i] + u.decay * w[i];
    m[i] = u.beta1 * m[i] + (1 - u.beta1) * gradient;
    v[i] = u.beta2 * v[i] + (1 - u.beta2) * gradient * gradient;
    w[i] -= u.decoupled * w[i] + u.rate * (m[i] * u.correction1) / (thalnet__sqrt(v[i] * u.correction2) + u.epsilon);
  }
}
