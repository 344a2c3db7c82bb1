#!/usr/bin/env bash
# The first look: `weir up` with its defaults, storing into ./workspace until Ctrl-C.  So that there is
# something to ask on a quiet machine, too, a few web pages are fetched over loopback, and as soon as
# flows have been stored the talkers are asked for once.
#
#   tools/up.sh
set -euo pipefail
cd "$(dirname "$0")/.."

talkers='Flows
| summarize Bytes = sum(NumberOfBytes), Packets = sum(NumberOfPackets) by SourceIp, DestinationIp
| top 10 by Bytes'

build/weir up --workspace ./workspace &
up=$!
trap 'kill -TERM "$up" 2>/dev/null; wait "$up"; exit' INT TERM

# ask: prints the talkers once there are some; for at most 15 s, as long as weir runs
ask() {
    for _ in {1..30}; do
        sleep 0.5
        kill -0 "$up" 2>/dev/null || return 0
        if build/weir query --workspace ./workspace --since 5m --format csv 'Flows | count' 2>/dev/null | grep -q '^[1-9]'; then
            sleep 2 # for those that were told with it
            echo "\$ build/weir query --since 5m '$talkers'"
            build/weir query --workspace ./workspace --since 5m "$talkers"
            return
        fi
    done
}

sleep 1.5
timeout 10 python3 tools/up_traffic.py
ask
wait "$up"
