"""Prints the race's table: python3 table.py FOLDER MESSAGES

Reads NAME.time (seconds, user, system, peak KiB) of every contestant, and from Hikyaku's events
when it began to send and when it ended.
"""

import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
messages = int(sys.argv[2])


def measured(name):
    seconds, user, system, peak = (folder / f"{name}.time").read_text().split()[-4:]
    return float(seconds), float(user) + float(system), int(peak) / 1024


def sending_phase():
    """Seconds from the event `started` to `finished`; the run must have delivered everything."""
    began = ended = None
    with (folder / "hikyaku-json.out").open() as events:
        for line in events:
            event = json.loads(line)
            if event.get("event") == "started":
                began = event["at"]
            elif event.get("event") == "finished":
                ended = event["at"]
                delivered = event["counts"]["delivered"]
    assert delivered == messages, f"only {delivered} of {messages} were delivered"
    return (ended - began) / 1000


again, _, _ = measured("source-d-again")
reference = messages / min(measured("source-d")[0], again)
print(f"{'':34}{'messages/s':>11}{'of source -d':>14}{'CPU s/1,000':>13}{'peak MiB':>10}{'seconds':>9}")


def row(label, seconds, cpu=None, peak=None):
    rate = messages / seconds
    rest = f"{cpu / messages * 1000:13.3f}{peak:10.1f}" if cpu is not None else f"{'':23}"
    print(f"{label:34}{rate:11,.0f}{rate / reference:13.0%} {rest}{seconds:9.2f}")


row("smtp-source", *measured("source"))
row("smtp-source -d", *measured("source-d"))
row("smtp-source -d, once more", *measured("source-d-again"))
row("hikyaku, whole command", *measured("hikyaku"))
row("hikyaku, whole command, --ui json", *measured("hikyaku-json"))
row("hikyaku, sending phase", sending_phase())
