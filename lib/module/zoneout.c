/* SPDX-License-Identifier: MIT */
#include "module/zoneout.h"

#include "core/fault.h"

enum { THALNET__ZONEOUT_PIECE = 64 };

/* What the units from `unit` on keep. */
static void thalnet__zoneout_factors(const thalnet__zoneout *zoneout, const thalnet__kernels *kernels, size_t row,
                                     size_t units, size_t unit, size_t count, real *keep) {
  if (zoneout->ids == NULL) {
    for (size_t i = 0; i < count; i++) keep[i] = zoneout->rate;
    return;
  }
  const uint64_t before = zoneout->lengths == NULL ? 0 : (uint64_t)zoneout->lengths[row] * zoneout->frame_steps;
  const uint64_t step = before + zoneout->step;
  kernels->draw(&zoneout->random, zoneout->ids[row], step * units + unit, count, zoneout->rate, keep);
}

void thalnet__zoneout_forward(const thalnet__zoneout *zoneout, const thalnet__kernels *kernels, thalnet__range rows,
                              size_t units, thalnet__const_rows before, thalnet__rows values) {
  real keep[THALNET__ZONEOUT_PIECE];
  for (size_t r = rows.first; r < rows.first + rows.count; r++)
    for (size_t at = 0; at < units; at += THALNET__ZONEOUT_PIECE) {
      const size_t count = units - at < THALNET__ZONEOUT_PIECE ? units - at : THALNET__ZONEOUT_PIECE;
      thalnet__zoneout_factors(zoneout, kernels, r, units, at, count, keep);
      kernels->zoneout(count, keep, before.at + r * before.ld + at, values.at + r * values.ld + at);
    }
}

void thalnet__zoneout_backward(const thalnet__zoneout *zoneout, const thalnet__kernels *kernels, thalnet__range rows,
                               size_t units, thalnet__const_rows d, thalnet__rows d_new, thalnet__rows d_before) {
  real keep[THALNET__ZONEOUT_PIECE];
  for (size_t r = rows.first; r < rows.first + rows.count; r++)
    for (size_t at = 0; at < units; at += THALNET__ZONEOUT_PIECE) {
      const size_t count = units - at < THALNET__ZONEOUT_PIECE ? units - at : THALNET__ZONEOUT_PIECE;
      real *kept = d_before.at + r * d_before.ld + at;
      thalnet__zoneout_factors(zoneout, kernels, r, units, at, count, keep);
      kernels->zoneout_gradient(count, keep, d.at + r * d.ld + at, d_new.at + r * d_new.ld + at, kept);
      for (size_t i = 0; i < count && THALNET__FAULT(ZONEOUT); i++) kept[i] *= (real)0.99;
    }
}
