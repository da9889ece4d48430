"""The far end: sinks, and the proxy that makes a long way to them of a short one."""

import json
import os
import pathlib
import select
import shutil
import socket
import statistics
import subprocess
import time

EXAMPLES = pathlib.Path("target/release/examples")
# Nothing here takes longer; what does has failed.
PATIENCE = 180


class Helper:
    """A program that says its address in its first line and stops when its input ends."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.buffer = b""
        self.address = self.line()

    def line(self, patience=PATIENCE):
        """Its next line."""
        end = time.monotonic() + patience
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            more = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not more:
                raise TimeoutError(f"{self.process.args[0]} says nothing")
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()


class Sink(Helper):
    """The project's own sink; all counts and the times of the sending phase are its."""

    def __init__(self, tls, expect, ledger):
        words = ["--expect", expect, "--ledger", ledger] + (["--starttls"] if tls else [])
        super().__init__(EXAMPLES / "race_sink", *words)
        self.ledger = ledger

    def wait_for_all(self):
        """Until all expected messages have come."""
        self.line()

    def counts(self):
        """Stops it: what it took in all."""
        self.stop()
        rest = self.buffer + self.process.stdout.read()
        return json.loads(rest.splitlines()[-1])

    def distinct_recipients(self):
        with open(self.ledger) as lines:
            return len(set(lines))


class Delay(Helper):
    """The delaying proxy before `address`."""

    def __init__(self, address, round_trip):
        super().__init__(EXAMPLES / "race_delay", address, round_trip)


class SmtpSink:
    """Postfix's own sink, which counts nothing."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = "127.0.0.1:%d" % free.getsockname()[1]
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            [shutil.which("smtp-sink"), *user, self.address, "1000"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        host, port = self.address.split(":")
        for _ in range(200):
            try:
                socket.create_connection((host, int(port))).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise TimeoutError("smtp-sink does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)


def measured_round_trip(round_trip, times=20):
    """Milliseconds that an octet takes there and back through the proxy: the median."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        with Delay(address, round_trip) as delay:
            host, port = delay.address.split(":")
            near = socket.create_connection((host, int(port)))
            far, _ = listener.accept()
            with near, far:
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return statistics.median(ping(near, far) for _ in range(times))


def ping(near, far):
    began = time.perf_counter()
    near.sendall(b"?")
    far.sendall(far.recv(1))
    near.recv(1)
    return (time.perf_counter() - began) * 1000
