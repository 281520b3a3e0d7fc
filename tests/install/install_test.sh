#!/usr/bin/env bash
# usage: install_test.sh BUILD_TREE CMAKE COMPILER
# Installs into a folder of its own, builds outside/ against that and nothing else, and runs it.
set -euo pipefail
build=$1 cmake=$2 compiler=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
expected="John, Ada, 1"

"$cmake" --install "$build" --prefix "$prefix" >"$work/install.log"

echo "-- find_package"
"$cmake" -S "$here/outside" -B "$work/outside" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$compiler" >"$work/configure.log" ||
  { cat "$work/configure.log"; exit 1; }
"$cmake" --build "$work/outside"
test "$("$work/outside/outside")" = "$expected"

echo "-- a component that this build lacks is refused"
if "$cmake" -S "$here/outside" -B "$work/refused" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DWANTED=no-such-part >"$work/refused.log" 2>&1; then
  echo "find_package(larder COMPONENTS no-such-part) should have failed"
  exit 1
fi
grep -q 'no-such-part' "$work/refused.log"

if grep -q '^set(larder_tls_FOUND ON)' "$(find "$prefix" -name larderConfig.cmake)"; then
  echo "-- TLS, where this build has it"
  "$cmake" -S "$here/outside" -B "$work/tls" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DWANTED=tls >"$work/tls.log" || { cat "$work/tls.log"; exit 1; }
fi

echo "-- pkg-config"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name larder.pc)")
# shellcheck disable=SC2046  # the flags are words
"$compiler" "$here/outside/main.cpp" -o "$work/with_pkg_config" $(pkg-config --define-variable=prefix="$prefix" --cflags --libs larder)
test "$("$work/with_pkg_config")" = "$expected"
