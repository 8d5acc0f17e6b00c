/* SPDX-License-Identifier: MIT */
/* thalnet/watch.h. */
#include "api/handles.h"
#include "core/options.h"
#include "train/watch.h"

thalnet_status thalnet_watch_create(const thalnet_watch_options *given, thalnet_watch **watch_out) {
  thalnet_watch_options options = THALNET_WATCH_OPTIONS_INIT;
  if (watch_out != NULL) *watch_out = NULL;
  THALNET__TRY(thalnet__check_pointer(watch_out, "thalnet_watch_create", "watch_out"));
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_watch_options"));
  /* comparing a NaN could trap in the host's mode */
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__check_watch_options(&options);
  thalnet__floating_leave(mode);
  return status != THALNET_OK ? status : thalnet__watch_create(&options, watch_out);
}

static int thalnet__is_watch(const thalnet_watch *watch) {
  return watch != NULL && watch->magic == THALNET__WATCH_MAGIC;
}

void thalnet_watch_free(thalnet_watch *watch) {
  if (thalnet__is_watch(watch)) thalnet__watch_free(watch);
}

thalnet_status thalnet_watch_step(thalnet_watch *watch, double loss, double gradient_norm, thalnet_watch_event *event) {
  const char *call = "thalnet_watch_step";
  if (!thalnet__is_watch(watch))
    return thalnet__fail(THALNET_ERROR_HANDLE, "%s: that is not a watch, or not any more", call);
  THALNET__TRY(thalnet__check_pointer(event, call, "event"));
  if (event->struct_size != sizeof *event)
    return thalnet__fail(THALNET_ERROR_VERSION, "%s: struct_size %zu is not %zu", call, event->struct_size,
                         sizeof *event);
  THALNET__TRY(thalnet__enter(&watch->busy, call));
  const thalnet__floating mode = thalnet__floating_enter();
  thalnet__watch_step(watch, loss, gradient_norm, event);
  thalnet__floating_leave(mode);
  thalnet__leave(&watch->busy);
  return THALNET_OK;
}
