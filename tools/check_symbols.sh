#!/usr/bin/env bash
# No function of ours has the name of one of a library that the program links: the linker would take ours
# for theirs without a word.
#
#   tools/check_symbols.sh PROGRAM
set -euo pipefail
libraries=$(ldd "$1" | awk '$3 ~ /^\// { print $3 }')
ours=$(nm --defined-only "$1" | awk '$2 ~ /^[TDBRV]$/ { print $3 }' | sort -u)
# shellcheck disable=SC2086
theirs=$(nm -D --defined-only $libraries 2>/dev/null | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' | sort -u)
both=$(comm -12 <(echo "$ours") <(echo "$theirs") | grep -vE '^(_.*|main|environ|std(in|out|err))$' || true)
[ -z "$both" ] && exit
echo "names that libraries have too: $both"
exit 1
