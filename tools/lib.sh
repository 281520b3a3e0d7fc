# What ./run, ./test, ./bench and ./check share: packages, and builds that stay quiet until they fail. Sourced by bash.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)
cd "$root"

# Debian packages by purpose.
build_packages=(g++ cmake ninja-build pkg-config libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev
  libzstd-dev libcli11-dev)
# For the DNS service by gRPC, which a build without them leaves out.
grpc_packages=(libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev)
test_packages=(libgtest-dev libgmock-dev python3 python3-redis python3-requests python3-yaml libhiredis-dev redis-tools openssl knot-dnsutils libldns-dev)
bench_packages=(git python3 redis-tools libhiredis-dev libbenchmark-dev dnsperf python3-redis python3-flask gunicorn wrk)
check_packages=(git python3 clang-format-14 clang-tidy-16)

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

# ---- packages -------------------------------------------------------------------------------------------------------

missing_packages() {
  local package
  for package; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

# as_root COMMAND...: directly, or through sudo (which may ask for a password where there is a terminal).
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || return 1
  if [ -t 0 ]; then sudo -v; else sudo -n true 2>/dev/null; fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# need PACKAGES...: installs those that are missing and says so; says nothing where none is.
need() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "This system has no apt-get. Larder is built from these Debian packages; install their like: ${missing[*]}"
    return 0
  fi
  can_be_root || die "Some packages are missing, and installing them takes root. Run this, then come back:
    apt-get install --no-install-recommends ${missing[*]}"
  say "Installing with apt: ${missing[*]}"
  mkdir -p build
  local log=build/apt.log
  # The package lists are fetched only where those at hand do not do.
  if ! apt install --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    if ! { apt update && apt install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      die "apt could not install them (all its words: $log)."
    fi
  fi
}

# A redis-server to compare with, found or made, first in PATH. Debian ships the server's program in redis-tools too
# (redis-check-rdb is the same file, told apart by its name), so no package that starts a system service is needed.
need_redis_server() {
  command -v redis-server >/dev/null && return
  local program
  program=$(command -v redis-check-rdb) || die "redis-server is not here, and redis-tools did not bring it. Install one, then come back."
  mkdir -p build/tools
  ln -sf "$program" build/tools/redis-server
  PATH="$root/build/tools:$PATH"
  redis-server --version | grep -q '^Redis server' || die "$program does not act as redis-server here: install redis-server, then come back."
}

# A memcached to compare with. Its package starts a system service, so the program alone is taken out of it.
need_memcached() {
  command -v memcached >/dev/null && return
  [ ! -x build/tools/memcached ] || return 0
  need libevent-2.1-7 libsasl2-2
  mkdir -p build/tools
  (cd build/tools && apt-get -q download memcached >/dev/null && dpkg-deb -x memcached_*.deb memcached-package) ||
    die "memcached is not here and could not be fetched: install it, or leave it out with --peers redis."
  ln -sf memcached-package/usr/bin/memcached build/tools/memcached
}

# Node and npm for the clients that come from there, whoever ships them: Debian's would replace another Node.
need_node() {
  if command -v node >/dev/null && command -v npm >/dev/null; then return; fi
  need nodejs npm
}

# ---- builds ---------------------------------------------------------------------------------------------------------

# Reads ninja's output: progress goes to the terminal as one line that renews itself (or, without one, a line each
# quarter of the way), everything else to the log.
show_progress() {
  local what=$1 line drawn=0 next=25
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) ]]; then
      local done=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]} step=${BASH_REMATCH[3]}
      case $step in *globbed\ dir* | Re-running\ CMake*) continue ;; esac
      if [ -t 2 ]; then
        printf '\r\033[K%s  %3d %%  %d/%d  %.48s' "$what" $((100 * done / total)) "$done" "$total" "${step##*/}" >&2
        drawn=1
      else
        while [ $((100 * done / total)) -ge $next ]; do say "$what $next %"; next=$((next + 25)); done
      fi
    fi
    printf '%s\n' "$line"
  done
  [ $drawn = 0 ] || printf '\r\033[K' >&2
}

# configure PRESET [-D...]: runs CMake where the tree is new or an option differs from the cache.
configure() {
  local preset=$1 cache=build/$1/CMakeCache.txt option fresh=0
  shift
  [ -f "build/$preset/build.ninja" ] || fresh=1
  for option; do
    local name=${option#-D}
    grep -qE "^${name%%=*}:[A-Z]+=${name#*=}\$" "$cache" 2>/dev/null || fresh=1
  done
  [ $fresh = 1 ] || return 0
  mkdir -p build
  if ! cmake --preset "$preset" "$@" >"build/configure-$preset.log" 2>&1; then
    cat "build/configure-$preset.log" >&2
    die "CMake could not configure the $preset build. If a package came or went: rm -r build/$preset, then again."
  fi
}

# build PRESET [TARGETS...]: quiet where all is well; the compiler's words, and only those, where not.
build() {
  local preset=$1 log=build/build-$1.log
  shift
  local targets=("${@:-all}")
  if ! NINJA_STATUS='[%f/%t] ' ninja -C "build/$preset" -j "$jobs" "${targets[@]}" 2>&1 | show_progress "Building ($preset)" >"$log"; then
    sed -n '/^FAILED:/,$p' "$log" | grep -vE '^\[[0-9]+/[0-9]+\]' >&2 || cat "$log" >&2
    say "The $preset build failed (whole log: $log)."
    exit 1
  fi
}
