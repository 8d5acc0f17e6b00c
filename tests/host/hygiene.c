/* SPDX-License-Identifier: MIT */
/* A whole life with the library, after which the host is what it was before: its output, signals, locale, folder, masks,
 * environment, floating-point mode and descriptors. Those that the library has open for a while go to no other program. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "life.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

extern char **environ;

enum { DESCRIPTORS = 256, SIGNALS = 64 };

/* --- what the host has -------------------------------------------------------------------------------------------- */

struct surroundings {
  struct sigaction actions[SIGNALS];
  sigset_t blocked;
  char locale[512], folder[1024];
  mode_t mask;
  int direction, open[DESCRIPTORS];
  unsigned mode;
  char environment[65536];
};

static void look_at_signals(struct surroundings *s) {
  for (int i = 1; i < SIGNALS; i++) sigaction(i, NULL, &s->actions[i]);
  sigprocmask(SIG_BLOCK, NULL, &s->blocked);
}

static void look_at_environment(struct surroundings *s) {
  size_t used = 0;
  for (char **e = environ; *e != NULL; e++) {
    const size_t length = strlen(*e) + 1;
    CHECK(used + length < sizeof s->environment);
    memcpy(s->environment + used, *e, length);
    used += length;
  }
}

static void look(struct surroundings *s) {
  memset(s, 0, sizeof *s);
  look_at_signals(s);
  look_at_environment(s);
  snprintf(s->locale, sizeof s->locale, "%s", setlocale(LC_ALL, NULL));
  CHECK(getcwd(s->folder, sizeof s->folder) != NULL);
  s->mask = umask(0);
  umask(s->mask);
  s->direction = fegetround();
#if defined(__SSE__)
  s->mode = _mm_getcsr() & ~0x3fu; /* the lowest bits say what happened, not how it is done */
#elif defined(__aarch64__)
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  s->mode = (unsigned)mode;
#endif
  for (int i = 0; i < DESCRIPTORS; i++) s->open[i] = fcntl(i, F_GETFD);
}

static int same_set(const sigset_t *a, const sigset_t *b) {
  for (int i = 1; i < SIGNALS; i++)
    if (sigismember(a, i) != sigismember(b, i)) return 0;
  return 1;
}

static void compare(const struct surroundings *a, const struct surroundings *b) {
  for (int i = 1; i < SIGNALS; i++) {
    CHECK(a->actions[i].sa_handler == b->actions[i].sa_handler && a->actions[i].sa_flags == b->actions[i].sa_flags);
    CHECK(same_set(&a->actions[i].sa_mask, &b->actions[i].sa_mask));
  }
  CHECK(same_set(&a->blocked, &b->blocked));
  CHECK(memcmp(a->environment, b->environment, sizeof a->environment) == 0);
  CHECK(strcmp(a->locale, b->locale) == 0);
  CHECK(strcmp(a->folder, b->folder) == 0);
  CHECK(a->mask == b->mask);
  CHECK(a->direction == b->direction && a->mode == b->mode);
  for (int i = 0; i < DESCRIPTORS; i++) CHECK(a->open[i] == b->open[i]);
}

/* --- what the library does meanwhile ------------------------------------------------------------------------------ */

static struct surroundings before, after;
static int looking, files_seen, folders_seen, reads_seen;

/* Every descriptor that was not there before is closed when the host starts another program. */
static void look_at_descriptors(void) {
  const int error = errno;
  for (int i = 0; looking && i < DESCRIPTORS; i++) {
    struct stat status;
    const int flags = fcntl(i, F_GETFD);
    if (flags == -1 || before.open[i] != -1) continue;
    CHECK(flags & FD_CLOEXEC);
    CHECK(fstat(i, &status) == 0);
    *(S_ISDIR(status.st_mode) ? &folders_seen : &files_seen) += 1;
  }
  errno = error;
}

/* In the place of the C library's: called while a file, and then its folder, is open. */
int fsync(int descriptor) {
  look_at_descriptors();
  return fcntl(descriptor, F_GETFD) == -1 ? -1 : 0;
}

/* Called while a file that is loaded is open, too. */
static void *allocate(void *user, size_t size, size_t alignment) {
  const int files = files_seen;
  (void)user;
  look_at_descriptors();
  reads_seen += files_seen - files;
  files_seen = files;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void release(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  free(memory);
}

/* --- the program -------------------------------------------------------------------------------------------------- */

static char folder[] = "hygiene.XXXXXX", output[64];
static int streams[2] = {-1, -1}; /* the true stdout and stderr */

static void redirect(void) {
  snprintf(output, sizeof output, "%s/output", folder);
  const int file = open(output, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
  CHECK(file != -1);
  fflush(NULL);
  for (int i = 0; i < 2; i++) {
    streams[i] = dup(i + 1);
    CHECK(dup2(file, i + 1) != -1);
  }
  close(file);
}

/* What was written meanwhile comes to light; returns how much it was. */
static off_t restore(void) {
  struct stat status = {.st_size = -1};
  char bytes[4096];
  fflush(NULL);
  for (int i = 0; i < 2; i++) dup2(streams[i], i + 1);
  const int file = open(output, O_RDONLY);
  if (file == -1 || fstat(file, &status) == -1) return -1;
  for (ssize_t got; (got = read(file, bytes, sizeof bytes)) > 0;)
    if (write(STDERR_FILENO, bytes, (size_t)got) == -1) break;
  close(file);
  streams[0] = -1;
  unlink(output);
  rmdir(folder);
  return status.st_size;
}

/* A check failed while nobody could see it. */
static void tell(void) {
  if (streams[0] != -1) restore();
}

static void unusual(void) {
  static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE", ""};
  struct sigaction ignored = {.sa_handler = SIG_IGN};
  sigset_t blocked;
  for (size_t i = 0; i < sizeof commas / sizeof commas[0] && !setlocale(LC_ALL, commas[i]); i++) {}
  printf("locale %s, decimal %s\n", setlocale(LC_ALL, NULL), localeconv()->decimal_point);
  umask(027);
  sigaction(SIGPIPE, &ignored, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  fesetround(FE_UPWARD);
}

int main(void) {
  const thalnet_memory memory = {sizeof memory, NULL, allocate, release};
  uint64_t usual, other;
  struct life life = {.folder = folder, .memory = &memory, .threads = 1};
  CHECK(mkdtemp(folder) != NULL);
  CHECK(atexit(tell) == 0);
  usual = life_lead(&life);
  unusual();
  redirect();
  look(&before);
  for (int32_t threads = 1; threads <= 3; threads += 2) {
    life.threads = threads;
    looking = 1;
    other = life_lead(&life);
    looking = 0;
    look(&after);
    compare(&before, &after);
    CHECK(other == usual);
  }
  CHECK(restore() == 0); /* not a byte on stdout or stderr */
  CHECK(files_seen > 0 && folders_seen > 0 && reads_seen > 0);
  printf("looked at %d files and %d folders that were saved, %d that were loaded\n", files_seen, folders_seen,
         reads_seen);
  return EXIT_SUCCESS;
}
