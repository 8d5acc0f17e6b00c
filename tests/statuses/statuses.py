#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which statuses the headers document, which ones tests have seen, and a library that watches.

  statuses.py watch <include>            the source of a library to be preloaded: it notes every status that a function returns
  statuses.py missing <include> <log>    documented ones that are not in the log; ends with 1 where there are some

Documented is what a function's comment names, what the comment of its group names (GROUPS), and what `as thalnet_other` takes over.
"""
import pathlib
import re
import sys

# Comments that speak of many functions at once: a regular expression of names, and the statuses.
GROUPS = [
    (r"thalnet_batch_(set_.*)", "HANDLE BUSY"),
    (r"thalnet_batch_set_(inputs|tokens|lengths|resets|ids|labels|final_labels|targets|final_targets|weights)",
     "STATE ARGUMENT SIZE"),
    (r"thalnet_batch_set_final", "STATE ARGUMENT"),
    (r"thalnet_batch_set_(input_dropout|variational_input_dropout|loss_weight|label_smoothing)", "ARGUMENT"),
    (r"thalnet_batch_(measure|read_.*|write_.*)", "HANDLE ARGUMENT BUSY STATE"),
    (r"thalnet_batch_(read_.*|write_.*)", "SIZE"),
    (r"thalnet_module_(add|connect|disconnect)_.*|thalnet_module_(remove|split|grow)|thalnet_center_remove_.*", "HANDLE STATE"),
]
# In words, what `as` does not find.
WORDS = {
    "thalnet_forward_backward": ["thalnet_forward", "thalnet_backward"],
    "thalnet_batch_set_final_labels": ["thalnet_batch_set_labels"],
    "thalnet_center_load_memory": ["thalnet_center_load"],
    "thalnet_center_save_memory": ["thalnet_center_save"],
    "thalnet_checkpoint_load_memory": ["thalnet_checkpoint_load"],
    "thalnet_checkpoint_save_memory": ["thalnet_checkpoint_save"],
    "thalnet_state_create_in": ["thalnet_state_create"],
    "thalnet_state_set_tokens": ["thalnet_state_set_input"],
    "thalnet_state_step": ["thalnet_state_set_input", "thalnet_state_advance", "thalnet_state_read_output"],
}
# What cannot be seen in a test: names, statuses, and why.
UNSEEN = [
    (".*", "OVERFLOW", "sizes within their limits do not overflow where they have 64 bits, nor are batches of that size made"),
    ("thalnet_(batch|state)_measure_memory|thalnet_module_add_reader|thalnet_state_create_in", "MEMORY", "it allocates nothing"),
    ("thalnet_center_(load|save)_memory|thalnet_checkpoint_(load|save)_memory", "IO", "there is no file"),
    ("thalnet_(center|checkpoint)_save_memory", "VERSION LIMIT", "no options; the limit is that of the call with a path"),
    ("thalnet_center_save|thalnet_checkpoint_(save|load)", "LIMIT", "as its _memory, which meets it"),
    ("thalnet_backward", "SIZE DATA NONFINITE", "as thalnet_forward, which comes first and refuses them"),
    ("thalnet_gradient_check|thalnet_center_ablate", "OVERFLOW", "as thalnet_forward"),
    ("thalnet_center_edit", "BUSY", "its comment says so of thalnet_center_build"),
    ("thalnet_module_split", "VERSION", "it has no options"),
    ("thalnet_watch_step", "BUSY", "as thalnet_optimizer_move"),
    ("thalnet_optimizer_move", "BUSY", "an optimizer is busy within calls that ask nothing of the host, which could try it"),
    ("thalnet_checkpoint_load_memory", "LIMIT", "of the header's size alone, as thalnet_center_load_memory"),
    ("thalnet_state_read", "NONFINITE", "its comment says so of thalnet_state_write"),
    ("thalnet_blas_set_threads", "UNSUPPORTED", "depends on the BLAS"),
    ("thalnet_state_set_tokens", "NONFINITE", "tokens are integers"),
]
OTHER = {"thalnet_batch_measure_memory"}  # begin like a group, but are not of it


def declarations(include):
    """Name, declaration and comment of every function, in the order of the headers."""
    for header in sorted(pathlib.Path(include, "thalnet").glob("*.h")):
        text = re.sub(r"^\s*#.*?(?<!\\)$", "", header.read_text(), flags=re.M | re.S)
        comment = ""
        for match in re.finditer(r"/\*\*(.*?)\*/|/\*.*?\*/|THALNET_API\s+([^;]*?)\s*;|;", text, flags=re.S):
            if match.group(1) is not None:
                comment = match.group(1)
            elif match.group(2):
                declaration = " ".join(match.group(2).split())
                yield re.search(r"(thalnet_\w+)\(", declaration).group(1), declaration, comment


def returning_status(include):
    return [d for d in declarations(include) if d[1].startswith("thalnet_status ")]


def documented(include):
    functions = returning_status(include)
    comments = {name: comment for name, _, comment in functions}
    found = {}

    def of(name, seen):
        if name in seen:
            return set()
        seen = seen | {name}
        comment = comments[name]
        statuses = set(re.findall(r"THALNET_ERROR_([A-Z]+)", comment))
        if name not in OTHER:
            for pattern, more in GROUPS:
                if re.fullmatch(pattern, name):
                    statuses |= set(more.split())
        for other in re.findall(r"@retval as (thalnet_\w+)", comment) + WORDS.get(name, []):
            statuses |= of(other, seen)
        return statuses

    for name in comments:
        found[name] = of(name, frozenset())
    return found


def watch(include):
    print("/* Made by statuses.py. */\n#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <fcntl.h>\n#include <stdatomic.h>")
    print("#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n#include <thalnet/thalnet.h>")
    print("""
static void note(const char *name, thalnet_status status, atomic_uint *seen) {
  const char *path = getenv("THALNET_STATUS_LOG");
  char line[200];
  if (path == NULL || (atomic_fetch_or(seen, 1u << -status) & 1u << -status)) return;
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  int length = snprintf(line, sizeof line, "%s %s\\n", name, thalnet_status_name(status));
  if (file != -1 && write(file, line, (size_t)length) != length) atomic_fetch_and(seen, ~(1u << -status));
  if (file != -1) close(file);
}
""")
    for name, declaration, _ in returning_status(include):
        parameters = declaration[declaration.index("(") + 1 : -1]
        names = [re.search(r"(\w+)(\[\d*\])?$", p.strip()).group(1) for p in parameters.split(",")]
        pointer = declaration.replace(name + "(", "(*real)(", 1)
        print(f"""{declaration} {{
  static atomic_uint seen;
  {pointer};
  *(void **)&real = dlsym(RTLD_NEXT, "{name}");
  thalnet_status status = real({", ".join(names)});
  note("{name}", status, &seen);
  return status;
}}""")


def missing(include, log):
    seen = {}
    for line in pathlib.Path(log).read_text().splitlines():
        name, status = line.split()
        seen.setdefault(name, set()).add(status.replace("ERROR_", ""))
    pairs = count = 0
    for name, statuses in documented(include).items():
        pairs += len(statuses)
        excused = {s for pattern, more, _ in UNSEEN if re.fullmatch(pattern, name) for s in more.split()}
        gone = sorted((statuses | {"OK"}) - seen.get(name, set()) - excused)
        count += len(gone)
        if gone:
            print(name, *gone)
    undocumented = {n: s - documented(include)[n] - {"OK"} for n, s in seen.items()}
    for name in sorted(undocumented):
        if undocumented[name] and "others" not in dict((n, c) for n, _, c in returning_status(include))[name]:
            print("not documented:", name, *sorted(undocumented[name]))
    print(f"{pairs} pairs of a function and a status are documented, {count} were not seen")
    return 1 if count else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["watch"] and len(sys.argv) == 3:
        watch(sys.argv[2])
    elif sys.argv[1:2] == ["missing"] and len(sys.argv) == 4:
        sys.exit(missing(*sys.argv[2:]))
    else:
        sys.exit(__doc__)
