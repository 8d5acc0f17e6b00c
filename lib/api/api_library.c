/* SPDX-License-Identifier: MIT */
/* Versions, statuses, BLAS: what belongs to no handle. */
#include <thalnet/host.h>
#include <thalnet/version.h>

#include "api/library.h"
#include "core/real.h"
#include "core/status.h"
#include "core/threads.h"
#include "math/kernels.h"
#include "math/multiply.h"

#define THALNET__TEXT(x) #x
#define THALNET__VERSION_TEXT(major, minor, patch)                                                                     \
  THALNET__TEXT(major) "." THALNET__TEXT(minor) "." THALNET__TEXT(patch)

int32_t thalnet_version_number(void) { return THALNET_VERSION_NUMBER; }

#define THALNET__VERSION THALNET__VERSION_TEXT(THALNET_VERSION_MAJOR, THALNET_VERSION_MINOR, THALNET_VERSION_PATCH)

const char *thalnet_version_text(void) { return THALNET__VERSION; }

#ifdef THALNET_HAVE_PTHREADPOOL
#define THALNET__THREADS_TEXT "pthreadpool"
#else
#define THALNET__THREADS_TEXT "none"
#endif
#define THALNET__BUILD_TEXT(products, kernel)                                                                          \
  THALNET__VERSION " blas=" THALNET_BLAS_VENDOR " products=" products " threads=" THALNET__THREADS_TEXT                \
                   " kernel=" kernel " real=" THALNET__REAL_NAME
#define THALNET__KERNEL_TEXTS(kernel)                                                                                  \
  { THALNET__BUILD_TEXT("blas", kernel), THALNET__BUILD_TEXT("own", kernel) }

const char *thalnet__library_line(void) {
  static const struct {
    const thalnet__kernels *kernels;
    const char *texts[2];
  } lines[] = {
      {&thalnet__kernels_portable, THALNET__KERNEL_TEXTS("portable")},
#ifdef THALNET_KERNELS_X86
      {&thalnet__kernels_avx2, THALNET__KERNEL_TEXTS("avx2")},
      {&thalnet__kernels_avx512, THALNET__KERNEL_TEXTS("avx512")},
#endif
  };
  const thalnet__kernels *kernels = thalnet__kernels_get();
  size_t i = 0;
  while (lines[i].kernels != kernels) i++; /* there are no others */
  return lines[i].texts[kernels->multiply != NULL];
}

const char *thalnet_build_info(void) { return thalnet__library_line() + sizeof THALNET__VERSION; }

const char *thalnet_error_text(void) { return thalnet__error_text(); }

const char *thalnet_status_name(thalnet_status status) {
  switch (status) {
#define THALNET__NAME(name, number, text)                                                                              \
  case number: return #name;
    THALNET_STATUS_MAP(THALNET__NAME)
#undef THALNET__NAME
  default: return "unknown status";
  }
}

const char *thalnet_status_text(thalnet_status status) {
  switch (status) {
#define THALNET__MEANING(name, number, text)                                                                           \
  case number: return text;
    THALNET_STATUS_MAP(THALNET__MEANING)
#undef THALNET__MEANING
  default: return "unknown status";
  }
}

const char *thalnet_blas_vendor(void) { return thalnet__blas_vendor(); }

thalnet_status thalnet_blas_set_threads(int32_t threads) {
  if (threads < 1) return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_blas_set_threads: %d is below 1", threads);
  return thalnet__blas_set_threads(threads);
}

int32_t thalnet_blas_get_threads(void) { return (int32_t)thalnet__blas_get_threads(); }
