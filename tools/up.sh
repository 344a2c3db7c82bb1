#!/usr/bin/env bash
# The first look: a collector with its defaults on this machine, storing into ./workspace until Ctrl-C.
# So that there is something to ask at once, softflowd meters a few web pages fetched over loopback and
# exports them to it as NetFlow v9; that part needs root (or CAP_NET_RAW) and is left out without it.
#
#   tools/up.sh
set -euo pipefail
cd "$(dirname "$0")/.."
tools/deps.sh --up

dir=$(mktemp -d)
collector=
stop() {
    trap '' INT TERM
    if [ -n "$collector" ]; then
        kill -TERM "$collector" 2>/dev/null || true
        wait "$collector" || true
    fi
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 0' INT TERM

# wait_for FILE WORDS PID: until the file holds the words, for at most 10 s or until the process has ended
wait_for() {
    for _ in {1..100}; do
        grep -qs "$2" "$1" && return
        kill -0 "$3" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

# Captures loopback while pages are fetched, and has softflowd meter that: from a file, because on an
# interface softflowd 1.1 sees nothing before its buffer is full.
meter() {
    tcpdump -i lo -B 16384 --immediate-mode -U -w "$dir/traffic.pcap" tcp 2>"$dir/tcpdump.log" &
    local capturing=$!
    wait_for "$dir/tcpdump.log" "listening on" "$capturing" || return 1
    timeout 10 python3 tools/up_traffic.py
    sleep 0.5 # for what is on its way
    kill -INT "$capturing"
    wait "$capturing" || true
    timeout 10 softflowd -d -r "$dir/traffic.pcap" -v 9 -n 127.0.0.1:2055 -p none -c none >"$dir/softflowd.log" 2>&1
}

talkers='Flows
| summarize Bytes = sum(NumberOfBytes), Packets = sum(NumberOfPackets) by SourceIp, DestinationIp
| top 10 by Bytes'

echo "\$ build/weir collector --workspace ./workspace"
build/weir collector --workspace ./workspace 2> >(tee "$dir/collector.log" >&2) &
collector=$!
wait_for "$dir/collector.log" "^collecting" "$collector" || { collector=; exit 1; }

if meter; then
    build/weir show ledger --workspace ./workspace >"$dir/ledger" # what came is stored now
    echo
    echo "\$ build/weir query '$talkers'"
    build/weir query --workspace ./workspace "$talkers"
else
    echo "loopback cannot be captured (that needs root), so there is nothing to ask yet"
fi
cat <<'END'

Point at it:  routers, switches and probes that export NetFlow v5, v9, IPFIX or sFlow v5, to this machine's UDP
              port 2055, 4739 or 6343 (each takes every one of them); or a capture: build/weir replay router.pcap
Ask it:       build/weir query 'Flows | summarize sum(NumberOfBytes) by SourceIp | top 10 by sum_NumberOfBytes'
              build/weir show exporters --workspace ./workspace      also: ledger, templates, samplers, memory
Ctrl-C ends it; what came is stored, and the next start goes on from there.
END
wait "$collector"
