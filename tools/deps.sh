#!/usr/bin/env bash
# Makes sure that what the build (and the tests) needs is on this machine.
#
#   tools/deps.sh [--test]
#
# Debian packages by apt, and the database library with its header from two npm packages, pinned by
# version and SHA-256, into deps/duckdb.  Does nothing, and asks nobody, where all of it is there.
# DUCKDB_DIR=DIR says that libduckdb.so and duckdb.h are in DIR already.
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(gcc libc6-dev make meson ninja-build pkg-config python3 libsqlite3-dev libyaml-dev
    libjansson-dev liblz4-dev libzstd-dev libxxhash-dev libpcap-dev libseccomp-dev libedit-dev libmnl-dev zlib1g-dev libcmocka-dev)
test_packages=(git clang clang-format libclang-rt-14-dev iproute2 nftables conntrack libfixbuf-tools nfdump
    libfaketime pmacct softflowd tshark tcpdump)

lib_package=@duckdb/node-bindings-linux-x64@1.5.6-r.1
lib_sha256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
lib_file=package/libduckdb.so
header_package=duckdb@1.4.4
header_sha256=5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed
header_file=package/src/duckdb/src/include/duckdb.h

need_packages() {
    local missing=() p
    for p in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "installing ${missing[*]}" >&2
    local sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# fetch PACKAGE SHA256 FILE DIR: takes one file out of an npm package; half a file never has its name
fetch() {
    local dir archive
    dir=$(mktemp -d)
    if ! archive=$dir/$(cd "$dir" && npm pack --silent "$1" 2>"$dir/npm.log"); then
        echo "$1 could not be fetched:" >&2
        tail -5 "$dir/npm.log" >&2
        rm -rf "$dir"
        return 1
    fi
    if ! echo "$2  $archive" | sha256sum --check --status; then
        echo "$1: the package is not the one that was pinned" >&2
        rm -rf "$dir"
        return 1
    fi
    tar -xzf "$archive" -C "$dir" "$3"
    mv "$dir/$3" "$4/.partial"
    mv "$4/.partial" "$4/${3##*/}"
    rm -rf "$dir"
}

need_packages "${build_packages[@]}"
[ "${1:-}" != --test ] || need_packages "${test_packages[@]}"

if [ -z "${DUCKDB_DIR:-}" ] && ! { [ -e deps/duckdb/libduckdb.so ] && [ -e deps/duckdb/duckdb.h ]; }; then
    command -v npm >/dev/null || need_packages npm
    mkdir -p deps/duckdb
    echo "fetching the database library" >&2
    fetch "$header_package" "$header_sha256" "$header_file" deps/duckdb
    fetch "$lib_package" "$lib_sha256" "$lib_file" deps/duckdb
fi
