#!/usr/bin/env bash
# Every C file that git does not ignore is as clang-format leaves it (`make format` makes it so).
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z -c -o --exclude-standard '*.c' '*.h' | xargs -0 -n 32 -P "$(nproc)" clang-format --dry-run -Werror
