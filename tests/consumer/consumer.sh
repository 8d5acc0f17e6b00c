#!/bin/sh
# SPDX-License-Identifier: MIT
# consumer.sh <mode> <work folder>
# modes: install find_package pkg_config missing_version add_subdirectory
# Uses thalnet as strangers do: from an installed tree, whose path has a space in it. The caller sets CMAKE, BUILD (the
# build tree), CONFIG, SOURCE (the sources), GENERATOR, CC, CXX (empty: no C++), SHARED and STATIC (ON or OFF), LIBDIR,
# VERSION, FLAGS (CMake arguments, one word each, that choose the BLAS).
set -eu
mode=$1
work=$2
here=$(cd "$(dirname "$0")" && pwd)
prefix="$work/an installed tree"
languages=C
[ -z "$CXX" ] || languages='C CXX'
kinds=''
[ "$SHARED" != ON ] || kinds=shared
[ "$STATIC" != ON ] || kinds="$kinds${kinds:+;}static"

die() {
  echo "$*" >&2
  exit 1
}

# build <source folder> <name> <argument>...: configures, builds and tests a project
build() {
  from=$1
  into=$work/$2
  shift 2
  rm -rf "$into"
  "$CMAKE" -S "$from" -B "$into" -G "$GENERATOR" -DCMAKE_C_COMPILER="$CC" \
    ${CXX:+-DCMAKE_CXX_COMPILER="$CXX"} "$@" >"$into.log" 2>&1 &&
    "$CMAKE" --build "$into" >>"$into.log" 2>&1 &&
    (cd "$into" && "${CMAKE%cmake}ctest" --no-tests=ignore --output-on-failure >>"$into.log" 2>&1) || {
    cat "$into.log"
    die "$into failed"
  }
}

# found_by_pkg_config <prefix> <pkg-config arguments>: compiles and runs the program in every language
found_by_pkg_config() {
  tree=$1
  shift
  # pkg-config answers in shell words, quoted where a path has a space
  flags=$(PKG_CONFIG_PATH="$tree/$LIBDIR/pkgconfig" pkg-config --cflags --libs "$@" thalnet)
  for language in $languages; do
    case $language in
      C) compiler="$CC" standard=-std=c11 source=consumer.c ;;
      *) compiler="$CXX" standard=-std=c++11 source=consumer.cpp ;;
    esac
    rm -f "$work/program"
    eval "\"\$compiler\" \$standard -Wall -Wextra -Werror \"\$here/\$source\" -o \"\$work/program\" $flags"
    LD_LIBRARY_PATH="$tree/$LIBDIR" "$work/program"
  done
}

case $mode in
  install)
    rm -rf "$work"
    mkdir -p "$work"
    "$CMAKE" --install "$BUILD" --config "$CONFIG" --prefix "$prefix" >/dev/null
    # The same through DESTDIR, as packagers do: nothing may land outside, and nothing may be missing.
    DESTDIR="$work/a staging tree" "$CMAKE" --install "$BUILD" --config "$CONFIG" --prefix /usr >/dev/null
    (cd "$prefix" && find . | LC_ALL=C sort) >"$work/direct"
    (cd "$work/a staging tree/usr" && find . | LC_ALL=C sort) >"$work/staged"
    diff "$work/direct" "$work/staged" || die "an installation through DESTDIR differs"
    [ "$(ls "$work/a staging tree")" = usr ] || die "files were staged outside the prefix"
    for header in "$SOURCE"/include/thalnet/*.h; do
      cmp "$header" "$prefix/include/thalnet/$(basename "$header")"
    done
    [ -f "$prefix/$LIBDIR/pkgconfig/thalnet.pc" ] || die "thalnet.pc was not installed"
    [ "$SHARED" != ON ] || [ -L "$prefix/$LIBDIR/libthalnet.so.0" ] || die "libthalnet.so.0 was not installed"
    [ "$STATIC" != ON ] || [ -f "$prefix/$LIBDIR/libthalnet.a" ] || die "libthalnet.a was not installed"
    if grep -rIl -e "$BUILD" -e "$SOURCE" "$prefix"; then die "the files above name a folder of this build"; fi
    cat "$work/direct"
    ;;
  find_package)
    for language in $languages; do
      build "$here/find_package" "find_package_$language" -DLANGUAGE=$language "-DKINDS=$kinds" \
        "-DVERSION=$VERSION" "-DCMAKE_PREFIX_PATH=$prefix"
    done
    ;;
  pkg_config)
    [ "$(PKG_CONFIG_PATH="$prefix/$LIBDIR/pkgconfig" pkg-config --modversion thalnet)" = "$VERSION" ] ||
      die "pkg-config tells another version"
    if PKG_CONFIG_PATH="$prefix/$LIBDIR/pkgconfig" pkg-config --atleast-version=99 thalnet; then
      die "pkg-config believes this to be version 99"
    fi
    for kind in shared static; do
      case ";$kinds;" in *";$kind;"*) ;; *) continue ;; esac
      # A linker takes the shared library where both are: a copy of the tree, moved, holds one alone.
      moved="$work/moved, $kind alone"
      rm -rf "$moved"
      cp -R "$prefix" "$moved"
      if [ "$kind" = shared ]; then
        rm -f "$moved/$LIBDIR/libthalnet.a"
        found_by_pkg_config "$moved"
      else
        rm -f "$moved/$LIBDIR"/libthalnet.so*
        found_by_pkg_config "$moved" --static
      fi
    done
    ;;
  missing_version)
    major=${VERSION%%.*}
    minor=${VERSION#*.}
    minor=${minor%%.*}
    build "$here/missing_version" missing_version "-DCMAKE_PREFIX_PATH=$prefix" \
      "-DVERSIONS=$major.$((minor + 1));$((major + 1)).0;99.0;$VERSION.1"
    ;;
  add_subdirectory)
    [ -n "$CXX" ] || exit 77
    # shellcheck disable=SC2086
    build "$here/add_subdirectory" add_subdirectory "-DTHALNET_SOURCE_DIR=$SOURCE" $FLAGS
    ;;
  *) die "unknown mode $mode" ;;
esac
