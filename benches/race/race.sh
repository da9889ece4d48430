#!/usr/bin/env bash
# Hikyaku and what a person could use instead, against one sink, in one run, as one table.
#
#   benches/race/race.sh            the whole matrix, in a quarter of an hour
#   benches/race/race.sh --quick    what shows most, in two minutes
#   benches/race/race.sh --rtt 80 --connections 1 --tls plain --octets 3000     one cell
#   benches/race/race.sh --help     the other options
#
# Needs Python 3 and GNU time, and uses what it finds: smtp-source and, as root, Postfix (Debian's package
# postfix), node with npm. lettre is built with the project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin
[[ -x /usr/bin/time ]] || { echo "GNU time is missing (Debian: time)" >&2; exit 1; }

cargo build --locked --release --quiet --bin hikyaku \
    --example race_sink --example race_delay --example race_lettre
exec python3 benches/race/race.py "$@"
