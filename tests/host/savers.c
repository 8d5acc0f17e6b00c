/* SPDX-License-Identifier: MIT */
/* Two processes that save to one path, and one that loads from it all the time: it always finds a whole model. Who comes second
 * is told so, or is the one whose model stays. */
#define _XOPEN_SOURCE 700
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

enum { SAVERS = 2, SAVES = 200 };

static char folder[] = "savers.XXXXXX", path[64], temporary[64];

static thalnet_center *build(size_t units) {
  thalnet_center *net;
  thalnet_module *module;
  DO(thalnet_center_create(NULL, &net));
  DO(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  DO(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  DO(thalnet_center_add_module(net, NULL, NULL, &module));
  DO(thalnet_module_add_gru(module, units, NULL));
  DO(thalnet_module_connect_input(module, 0));
  DO(thalnet_module_connect_output(module, 0));
  DO(thalnet_center_build(net, units));
  return net;
}

static pid_t save_often(const thalnet_center *net) {
  const pid_t child = fork();
  CHECK(child != -1);
  if (child != 0) return child;
  int saved = 0;
  for (int i = 0; i < SAVES; i++) {
    const thalnet_status status = thalnet_center_save(net, path, NULL);
    if (status != THALNET_ERROR_BUSY) DO(status);
    saved += status == THALNET_OK;
  }
  _exit(saved > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void load_once(void) {
  thalnet_center *net;
  DO(thalnet_center_load(path, NULL, &net));
  thalnet_center_free(net);
}

int main(void) {
  thalnet_center *nets[SAVERS] = {build(150), build(120)};
  CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/model", folder);
  snprintf(temporary, sizeof temporary, "%s/model.tmp", folder);
  DO(thalnet_center_save(nets[0], path, NULL));
  for (int i = 0; i < SAVERS; i++) save_often(nets[i]);
  for (int left = SAVERS; left > 0;) {
    int status;
    load_once();
    if (waitpid(-1, &status, WNOHANG) <= 0) continue;
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    left--;
  }
  load_once();
  CHECK(access(temporary, F_OK) == -1);
  CHECK(unlink(path) == 0 && rmdir(folder) == 0);
  for (int i = 0; i < SAVERS; i++) thalnet_center_free(nets[i]);
  return EXIT_SUCCESS;
}
