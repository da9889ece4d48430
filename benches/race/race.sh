#!/usr/bin/env bash
# Hikyaku against Postfix's own load generator: the same sink, in the same minute.
#
#   benches/race/race.sh [MESSAGES] [CONNECTIONS] [OCTETS]     50000 8 3000
#
# Needs smtp-sink and smtp-source (Debian's package postfix), GNU time (package time) and Python 3.
# Every measurement gets a fresh sink. smtp-source sends one ready-made message again and again;
# Hikyaku reads a list, renders every letter, and keeps every outcome on disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

messages=${1:-50000} connections=${2:-8} octets=${3:-3000}
PATH=$PATH:/usr/sbin
for tool in smtp-sink smtp-source python3 /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install postfix time python3" >&2; exit 1; }
done

cargo build --locked --release --quiet
hikyaku=$PWD/target/release/hikyaku
work=$(mktemp -d)
sink=
trap '[[ -z $sink ]] || kill "$sink" 2>/dev/null; rm -rf "$work"' EXIT

# Starts a sink on a free port; sets `sink` and `port`.
start_sink() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    local user=()
    [[ $EUID -ne 0 ]] || user=(-u nobody)
    smtp-sink "${user[@]}" "127.0.0.1:$port" 1000 >/dev/null 2>&1 &
    sink=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
}

stop_sink() {
    kill "$sink"
    wait "$sink" 2>/dev/null || true
    sink=
}

# measure NAME COMMAND…: runs it against a fresh sink; PORT in its words stands for the port.
measure() {
    local name=$1
    shift
    start_sink
    local words=("${@//PORT/$port}")
    /usr/bin/time -f '%e %U %S %M' -o "$work/$name.time" "${words[@]}" >"$work/$name.out" 2>"$work/$name.err" || {
        echo "$name failed:" >&2
        cat "$work/$name.err" >&2
        exit 1
    }
    stop_sink
}

python3 benches/race/workspace.py "$work/race" "$messages" "$connections" "$octets"

measure source smtp-source -s "$connections" -m "$messages" -l "$octets" 127.0.0.1:PORT
measure source-d smtp-source -d -s "$connections" -m "$messages" -l "$octets" 127.0.0.1:PORT
measure hikyaku "$hikyaku" -C "$work/race" send race --ui quiet --yes --set 'route.override="127.0.0.1:PORT"'
# The ledger of the first run would say that all is done.
rm -rf "$work/race/.hikyaku"
measure hikyaku-json "$hikyaku" -C "$work/race" send race --ui json --yes --set 'route.override="127.0.0.1:PORT"'
measure source-d-again smtp-source -d -s "$connections" -m "$messages" -l "$octets" 127.0.0.1:PORT

python3 benches/race/table.py "$work" "$messages"
