#!/usr/bin/env bash
# Every header compiles alone.
#
#   tools/check_headers.sh [BUILD_DIR]      (for the tables that the build generates; build)
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
build=$(realpath "${1:-$root/build}")
cd "$root"

status=0
headers=$(git ls-files -c -o --exclude-standard 'src/*.h' 'tests/*.h')
for header in $headers; do
    printf '#include "%s"\n' "${header#*/}" |
        ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -Isrc -Itests -I"$build/registry" \
            -isystem "${DUCKDB_DIR:-deps/duckdb}" -x c - || status=1
done
echo "$(wc -w <<<"$headers") headers compiled"
exit $status
