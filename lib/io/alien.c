/* SPDX-License-Identifier: MIT */
#include "io/alien.h"

#include <string.h>

static const struct thalnet__alien {
  const char *start;
  size_t length;
  const char *name;
} thalnet__aliens[] = {
    {"\x1f\x8b", 2, "it looks like a gzip file: unpack it first"},
    {"\xfd"
     "7zXZ",
     5, "it looks like an xz file: unpack it first"},
    {"\x28\xb5\x2f\xfd", 4, "it looks like a zstd file: unpack it first"},
    {"BZh", 3, "it looks like a bzip2 file: unpack it first"},
    {"PK\x03\x04", 4, "it looks like a zip archive (a PyTorch checkpoint or .npz, perhaps)"},
    {"\x80\x02", 2, "it looks like a Python pickle (an old PyTorch checkpoint, perhaps)"},
    {"\x80\x03", 2, "it looks like a Python pickle"},
    {"\x80\x04", 2, "it looks like a Python pickle"},
    {"\x80\x05", 2, "it looks like a Python pickle"},
    {"\x89HDF\r\n\x1a\n", 8, "it looks like an HDF5 file (a Keras model, perhaps)"},
    {"\x93NUMPY", 6, "it looks like a NumPy .npy file"},
    {"GGUF", 4, "it looks like a GGUF file"},
    {"\x7f"
     "ELF",
     4, "it looks like an ELF program or library"},
    {"version h", 9, "it looks like a Git LFS pointer: fetch the file itself"},
    {"<!DOCTYPE", 9, "it looks like a web page"},
    {"<html", 5, "it looks like a web page"},
    {"{", 1, "it looks like JSON without the length that precedes a safetensors header"},
};

/* The same file from a machine with the other byte order: a small number at the wrong end, then the brace. */
static int thalnet__is_swapped(const unsigned char *bytes, size_t size) {
  return size > 8 && bytes[8] == '{' && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0;
}

static int thalnet__is_text(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if ((bytes[i] < ' ' || bytes[i] > '~') && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t') return 0;
  return size > 0;
}

const char *thalnet__alien_name(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < sizeof thalnet__aliens / sizeof thalnet__aliens[0]; i++) {
    const struct thalnet__alien *alien = &thalnet__aliens[i];
    if (size >= alien->length && memcmp(bytes, alien->start, alien->length) == 0) return alien->name;
  }
  if (thalnet__is_swapped(bytes, size)) return "its header's length is in big-endian order";
  if (thalnet__is_text(bytes, size)) return "it looks like a text file";
  return "it is no safetensors file";
}
