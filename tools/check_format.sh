#!/usr/bin/env bash
# Every tracked C file is as clang-format leaves it (`make format` makes it so).
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z '*.c' '*.h' | xargs -0 -n 32 -P "$(nproc)" clang-format --dry-run -Werror
