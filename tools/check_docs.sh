#!/usr/bin/env bash
# The pages that are made from tables are what `make docs` would make of them now.
#
#   tools/check_docs.sh WEIR
set -euo pipefail
weir=$(realpath "$1")
cd "$(dirname "$0")/.."

status=0
is_current() {
    diff -u "$1" - >/dev/null || { echo "$1 is not current: make docs"; status=1; }
}
is_current docs/columns.md < <(python3 tools/gen_registry.py registry columns.md)
is_current docs/configuration.md < <("$weir" help config)
is_current docs/kql.md < <("$weir" help kql)
exit $status
