/* SPDX-License-Identifier: MIT */
#include "api/contents.h"

#include <string.h>

#include "api/handles.h"

thalnet_status thalnet__check_begun(const thalnet_batch *batch, const char *call) {
  if (batch->stage == THALNET__BATCH_EMPTY)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: thalnet_batch_begin first", call);
  return THALNET_OK;
}

thalnet_status thalnet__check_input(const thalnet_batch *batch, int32_t input, const char *call) {
  if (input < 0 || (size_t)input >= batch->net->input_count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no input %d, only %zu", call, input,
                         batch->net->input_count);
  return THALNET_OK;
}

thalnet_status thalnet__check_output(const thalnet_batch *batch, int32_t output, const char *call) {
  if (output < 0 || (size_t)output >= batch->net->output_count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no output %d, only %zu", call, output,
                         batch->net->output_count);
  return THALNET_OK;
}

void thalnet__copy_in(thalnet_batch *batch, void *to, const void *from, size_t bytes) {
  if (bytes > 0) memcpy(to, from, bytes);
  batch->kept = 0;
  batch->stage = THALNET__BATCH_BEGUN;
}

thalnet_status thalnet__check_values(const void *values, size_t count, size_t expected, const char *call) {
  THALNET__TRY(thalnet__check_count(count, expected, call));
  return count == 0 ? THALNET_OK : thalnet__check_pointer(values, call, "values");
}
