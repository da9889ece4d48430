"""Hikyaku and what a person could use instead, against one sink, in one run, as one table.

Every measurement has a fresh sink of the project's own (PIPELINING, CHUNKING, 8BITMIME, SMTPUTF8,
STARTTLS) and, where there is a round trip, a fresh proxy before it. How many messages a runner
sends in a cell depends on how fast it proves: rates are compared, not times.
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

import cells
import measure
from cells import Cell, Measured
from postfix import Postfix
from runners import Hikyaku, Lettre, Nodemailer, SmtpSource
from servers import Delay, Sink, SmtpSink, measured_round_trip
from table import Table

# Messages of one run, at most.
MOST = 50_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few cells, in two minutes")
    parser.add_argument("--rtt", type=int, nargs="+", help="round trips in ms: 0 20 80")
    parser.add_argument("--connections", type=int, nargs="+", help="1 8 32")
    parser.add_argument("--tls", choices=["plain", "starttls"], help="only one of them")
    parser.add_argument("--octets", type=int, nargs="+", help="lengths of the letter: 3000 100000")
    parser.add_argument("--runner", nargs="+", help="words of names: hikyaku source lettre …")
    parser.add_argument("--messages", type=int, help="exactly so many for every runner")
    parser.add_argument("--seconds", type=float, help="that a sending phase is to last")
    parser.add_argument("--hikyaku", default="target/release/hikyaku", help="the binary")
    return parser.parse_args()


def chosen_cells(given):
    """The cells that the arguments ask for; any that are not of the matrix as well."""
    asked = given.rtt or given.connections or given.tls or given.octets
    if not asked:
        return cells.quick() if given.quick else cells.matrix()
    kinds = {"plain": [False], "starttls": [True], None: [False, True]}[given.tls]
    return [
        Cell(round_trip, connections, tls, octets)
        for octets in given.octets or [cells.LETTER]
        for tls in kinds
        for round_trip in given.rtt or cells.ROUND_TRIPS
        for connections in given.connections or cells.CONNECTIONS
    ]


class Race:
    def __init__(self, given, scratch):
        self.given = given
        self.scratch = scratch
        self.seconds = given.seconds or (1.5 if given.quick else 3.0)
        self.runs = 0
        self.failures = []

    def runners(self):
        """Those that can run here and were asked for; the reference first."""
        source, reference = SmtpSource(False), SmtpSource(True)
        rest = [Hikyaku(self.given.hikyaku), source, Postfix(), Lettre(), Nodemailer()]
        ready = []
        for runner in [reference, *rest]:
            if self.given.runner and not any(w in runner.name for w in self.given.runner):
                continue
            why = runner.missing()
            try:
                if not why:
                    runner.prepare(self.scratch)
            except measure.Failed as failed:
                why = str(failed)
            if why:
                print(f"left out: {runner.name}: {why}")
            else:
                ready.append(runner)
        return ready

    def best(self, runner, cell):
        """Sends more and more until the sending phase is long enough to be measured."""
        if self.given.messages:
            return self.once(runner, cell, self.given.messages)
        most = min(MOST, getattr(runner, "most", MOST), 150_000_000 // cell.octets)
        messages = min(most, self.first_guess(runner, cell))
        while True:
            measured = self.once(runner, cell, messages)
            if measured.sending >= self.seconds * 0.6 or messages >= most:
                return measured
            more = min(20, self.seconds * 1.1 / max(measured.sending, 0.001))
            messages = min(most, max(messages + 1, round(messages * more)))

    def first_guess(self, runner, cell):
        if cell.round_trip == 0:
            # Some take a delayed acknowledgement, 40 ms, for every message.
            return 2_000 if cell.octets <= cells.LETTER and runner.fast else 200
        per_connection = self.seconds * 1000 / (runner.round_trips * cell.round_trip)
        return max(1, round(per_connection)) * cell.connections

    def once(self, runner, cell, messages):
        """One run against a fresh sink; everything must have arrived."""
        folder = self.fresh_folder()
        with Sink(cell.tls, messages, folder / "ledger") as sink:
            if cell.round_trip:
                with Delay(sink.address, cell.round_trip) as delay:
                    cost = runner.race(cell, messages, sink, delay.address, folder)
            else:
                cost = runner.race(cell, messages, sink, sink.address, folder)
            counts = sink.counts()
            check(runner, cell, messages, counts, sink.distinct_recipients())
        shutil.rmtree(folder)
        sending = (counts["last"] - counts["first"]) / 1000
        return Measured(messages, cost[0], sending, *cost[1:])

    def against_smtp_sink(self, runner, cell, messages):
        """The same against Postfix's sink, which times nothing."""
        folder = self.fresh_folder()
        with SmtpSink() as sink:
            seconds, cpu, peak = runner.race(cell, messages, None, sink.address, folder)
        shutil.rmtree(folder)
        return Measured(messages, seconds, 0, cpu, peak)

    def fresh_folder(self):
        self.runs += 1
        folder = self.scratch / f"run{self.runs}"
        folder.mkdir()
        return folder

    def run(self, table):
        runners = self.runners()
        for cell in chosen_cells(self.given):
            for runner in runners:
                if cell.tls and not runner.tls:
                    continue
                try:
                    measured = self.best(runner, cell)
                    table.row(runner.name, "own", cell, measured)
                    if cell == Cell(0, 8, False) and isinstance(runner, (Hikyaku, SmtpSource)):
                        other = self.against_smtp_sink(runner, cell, measured.messages)
                        table.row(runner.name, "smtp-sink", cell, other)
                except (measure.Failed, OSError, AssertionError) as failed:
                    self.failures.append(f"{runner.name}, {cell}: {failed}")


def check(runner, cell, messages, counts, recipients):
    """A race that loses mail, sends it twice or in the clear is no race."""
    taken = counts["messages"]
    assert taken == messages, f"{taken} of {messages} messages arrived"
    if cell.tls:
        assert counts["encrypted"] == messages, "not all of it was encrypted"
    if runner.personal:
        assert recipients == messages, f"{messages} messages went to {recipients} recipients"


def heading(given):
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the race, {time.strftime('%F %H:%M')}")
    trips = given.rtt or cells.ROUND_TRIPS
    found = [f"{trip} ms is {measured_round_trip(trip):.1f}" for trip in trips if trip]
    print("round trips as measured through the proxy: " + (", ".join(found) or "none"))


def main():
    given = arguments()
    began = time.monotonic()
    # Others than root work there: Postfix's processes.
    with tempfile.TemporaryDirectory(prefix="hikyaku-race-") as name:
        scratch = pathlib.Path(name)
        scratch.chmod(0o755)
        heading(given)
        race = Race(given, scratch)
        race.run(Table(sys.stdout))
    for failure in race.failures:
        print(f"FAILED: {failure}")
    print(f"\n{race.runs} runs in {time.monotonic() - began:.0f} s")
    return 1 if race.failures else 0


sys.exit(main())
