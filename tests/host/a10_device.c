/* SPDX-License-Identifier: MIT */
/* A program that asks for a GPU and is content with the CPU: the same source will run on both. */
#include "host.h"

int main(void) {
  thalnet_center *net = NULL;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.device = 1;
  thalnet_status status = thalnet_center_create(&options, &net);
  CHECK(status == THALNET_ERROR_UNSUPPORTED);
  CHECK(net == NULL);
  CHECK(strstr(thalnet_error_text(), "device") != NULL);
  CHECK(strcmp(thalnet_status_name(status), "ERROR_UNSUPPORTED") == 0);
  options.device = 0;
  DO(thalnet_center_create(&options, &net));
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
