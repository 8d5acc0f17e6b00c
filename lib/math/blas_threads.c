/* SPDX-License-Identifier: MIT */
/* The thread setters of the BLAS libraries are no part of CBLAS and differ; weak references find the ones that are there, also
 * when a distribution puts another library behind the same name. */
#include "math/multiply.h"

const char *thalnet__blas_vendor(void) { return THALNET_BLAS_VENDOR; }

static thalnet_status thalnet__refuse_threads(int threads) {
  return thalnet__fail(THALNET_ERROR_UNSUPPORTED, "thalnet_blas_set_threads: %s cannot be set to %d threads",
                       thalnet__blas_vendor(), threads);
}

#if defined(THALNET_BLAS_CBLAS) && defined(__ELF__)

/* The names are the BLAS libraries' own. BLIS counts in its dim_t, 64 bits wide where pointers are. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
extern void bli_thread_set_num_threads(intptr_t threads) __attribute__((weak));
extern intptr_t bli_thread_get_num_threads(void) __attribute__((weak));

thalnet_status thalnet__blas_set_threads(int threads) {
  if (openblas_set_num_threads)
    openblas_set_num_threads(threads);
  else if (bli_thread_set_num_threads)
    bli_thread_set_num_threads(threads);
  else
    return thalnet__refuse_threads(threads);
  return THALNET_OK;
}

int thalnet__blas_get_threads(void) {
  if (openblas_get_num_threads) return openblas_get_num_threads();
  if (bli_thread_get_num_threads) {
    intptr_t threads = bli_thread_get_num_threads();
    return threads < 1 ? 1 : (int)threads; /* -1: unset, which BLIS takes for one */
  }
  return 0;
}

#elif defined(THALNET_BLAS_CBLAS)

thalnet_status thalnet__blas_set_threads(int threads) { return thalnet__refuse_threads(threads); }

int thalnet__blas_get_threads(void) { return 0; }

#else

/* The built-in products run in the caller's thread. */
thalnet_status thalnet__blas_set_threads(int threads) {
  return threads == 1 ? THALNET_OK : thalnet__refuse_threads(threads);
}

int thalnet__blas_get_threads(void) { return 1; }

#endif
