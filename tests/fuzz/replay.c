/* SPDX-License-Identifier: MIT */
/* replay <file or folder>...
 * The main program of a fuzz target in a normal build: hands it every file that is named, and every file of the folders
 * that are. Their names go to stderr: the last one is the one at which it ended. Fails where there is nothing to replay. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static size_t replayed, bytes_replayed;

static int complain(const char *path) {
  perror(path);
  return -1;
}

static int replay_file(const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  if (!file) return complain(path);
  /* Exactly as many bytes as there are, so that a sanitizer sees every step over them. */
  uint8_t *bytes = malloc(size > 0 ? size : 1);
  if (!bytes || fread(bytes, 1, size, file) != size) {
    fclose(file);
    free(bytes);
    return complain(path);
  }
  fclose(file);
  fprintf(stderr, "%s\n", path);
  LLVMFuzzerTestOneInput(bytes, size);
  free(bytes);
  replayed++;
  bytes_replayed += size;
  return 0;
}

static int replay(const char *path);

static int replay_folder(const char *path) {
  struct dirent **entries = NULL;
  const int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) return complain(path);
  int status = 0;
  for (int i = 0; i < count; i++) {
    char name[4096];
    const int length = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.' && status == 0)
      status = length < (int)sizeof name ? replay(name) : complain("a path that is too long");
    free(entries[i]);
  }
  free(entries);
  return status;
}

static int replay(const char *path) {
  struct stat status;
  if (stat(path, &status)) return complain(path);
  if (S_ISDIR(status.st_mode)) return replay_folder(path);
  return replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (replay(argv[i])) return EXIT_FAILURE;
  printf("%zu inputs of %zu bytes together\n", replayed, bytes_replayed);
  return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
