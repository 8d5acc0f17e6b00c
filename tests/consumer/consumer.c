/* SPDX-License-Identifier: MIT */
/* A host program as small as can be: it makes a network, looks at it and lets go of it. Compiles as C and as C++. */
#include <stdio.h>
#include <string.h>

#include <thalnet/thalnet.h>

int main(void) {
  thalnet_center *net = NULL;
  char version[64];

  snprintf(version, sizeof version, "%d.%d.%d", THALNET_VERSION_MAJOR, THALNET_VERSION_MINOR, THALNET_VERSION_PATCH);
  if (thalnet_version_number() != THALNET_VERSION_NUMBER || strcmp(thalnet_version_text(), version) != 0) {
    fprintf(stderr, "headers of version %s, library of version %s\n", version, thalnet_version_text());
    return 1;
  }
  if (thalnet_center_create(NULL, &net) != THALNET_OK) {
    fprintf(stderr, "%s\n", thalnet_error_text());
    return 1;
  }
  if (thalnet_center_input_count(net) != 0) return 1;
  thalnet_center_free(net);
  printf("%s, %s\n", thalnet_version_text(), thalnet_build_info());
  return 0;
}
