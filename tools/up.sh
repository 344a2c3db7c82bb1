#!/usr/bin/env bash
# The first look: captures this machine's own loopback traffic, has softflowd meter it, captures the
# NetFlow v9 that softflowd exports, imports that into ./workspace and asks who talked most.
#
#   tools/up.sh
#
# Takes about five seconds, makes a little traffic of its own, stops everything that it started.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/deps.sh --up

dir=$(mktemp -d)
started=()
stop() {
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait
    rm -rf "$dir"
}
trap stop EXIT

# wait_for WHAT COMMAND…: until the command succeeds, for at most 5 s
wait_for() {
    local what=$1
    shift
    for _ in {1..50}; do
        "$@" && return
        sleep 0.1
    done
    echo "make up: $what" >&2
    cat "$dir"/*.log >&2
    return 1
}

# capture NAME FILTER: from loopback to NAME.pcap, until end_capture
capture() {
    tcpdump -i lo --immediate-mode -U -w - "$2" >"$dir/$1.pcap" 2>"$dir/$1.log" &
    capturing=$!
    started+=("$capturing")
    wait_for "capturing on lo needs root or CAP_NET_RAW; try: sudo make up" grep -q "listening on" "$dir/$1.log"
}

end_capture() {
    sleep 0.5 # for what is on its way
    kill -INT "$capturing"
    wait "$capturing" || true
}

# The collector's place: a socket that takes what softflowd sends, so that nothing answers "refused".
python3 tools/up_traffic.py sink >"$dir/port" &
started+=($!)
wait_for "no socket could be opened" test -s "$dir/port"
port=$(cat "$dir/port")

echo "capturing the loopback interface while a few web pages are fetched …"
capture traffic "not udp port $port"
timeout 10 python3 tools/up_traffic.py
end_capture

# From a file, because on an interface softflowd 1.1 sees nothing before its buffer is full.
echo "metering with softflowd, which exports NetFlow v9 …"
capture netflow "udp dst port $port"
timeout 10 softflowd -d -r "$dir/traffic.pcap" -v 9 -n "127.0.0.1:$port" -p none -c none >"$dir/softflowd.log" 2>&1
end_capture

echo
echo "\$ build/weir import netflow.pcap"
build/weir import --workspace ./workspace "$dir/netflow.pcap"
talkers='Flows
| summarize Bytes = sum(NumberOfBytes), Packets = sum(NumberOfPackets) by SourceIp, DestinationIp
| top 10 by Bytes'
echo
echo "\$ build/weir query '$talkers'"
build/weir query --workspace ./workspace "$talkers"
cat <<'END'

Next:
  build/weir query 'Flows | summarize sum(NumberOfBytes) by bin(TimeGenerated, 1m), DestinationPort'
  build/weir import FILE...       captures of your routers' NetFlow v5, v9 or IPFIX
  build/weir show segments        the Parquet files that hold the rows
  build/weir help
END
