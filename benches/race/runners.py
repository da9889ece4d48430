"""Who races: Hikyaku, and what a person could use instead.

A runner's `race` sends `messages` letters to `sink` (by way of `address`, which may be a proxy
before it) and returns seconds, CPU seconds and peak MiB of all its processes.
"""

import pathlib
import shutil
import subprocess

import measure
from servers import EXAMPLES, PATIENCE
from workspace import make_workspace

HERE = pathlib.Path(__file__).parent


class Runner:
    """What most of them have in common."""

    name = ""
    tls = True  # whether it can do STARTTLS
    round_trips = 4  # per message on one connection, to choose how many messages to begin with
    fast = False  # whether it sends thousands a second where there is no round trip
    personal = True  # whether each message goes to another recipient

    def missing(self):
        """Why it cannot run here; None where it can."""

    def prepare(self, scratch):
        """Installs what it needs, once."""

    def race(self, cell, messages, sink, address, folder):
        raise NotImplementedError


class Hikyaku(Runner):
    name = "hikyaku"
    round_trips = 1
    fast = True

    def __init__(self, binary):
        self.binary = pathlib.Path(binary).resolve()

    def race(self, cell, messages, sink, address, folder):
        make_workspace(folder / "ws", messages, cell.connections, cell.octets, cell.tls)
        override = f'route.override="{address}"'
        words = [self.binary, "-C", folder / "ws", "send", "race", "--ui", "quiet", "--yes"]
        return measure.run([*words, "--set", override], folder)


class SmtpSource(Runner):
    """One ready-made message again and again, to one recipient; keeps nothing."""

    tls = False
    fast = True
    personal = False

    def __init__(self, keeps_connection):
        self.name = "smtp-source -d" if keeps_connection else "smtp-source"
        self.flags = ["-d"] if keeps_connection else []
        self.round_trips = 4 if keeps_connection else 7

    def missing(self):
        return None if shutil.which("smtp-source") else "smtp-source is missing (Debian: postfix)"

    def race(self, cell, messages, sink, address, folder):
        words = [shutil.which("smtp-source"), *self.flags, "-s", cell.connections]
        return measure.run([*words, "-m", messages, "-l", cell.octets, address], folder)


class Lettre(Runner):
    name = "lettre, pool"
    round_trips = 5

    def race(self, cell, messages, sink, address, folder):
        make_workspace(folder / "ws", messages, cell.connections, cell.octets, cell.tls)
        tls = "starttls" if cell.tls else "plain"
        words = [EXAMPLES / "race_lettre", address, cell.connections, tls]
        return measure.run([*words, folder / "ws/campaigns/race"], folder)


class Nodemailer(Runner):
    name = "nodemailer, pool"
    round_trips = 4

    def missing(self):
        if not (shutil.which("node") and shutil.which("npm")):
            return "node or npm is missing"
        return None

    def prepare(self, scratch):
        self.folder = scratch / "nodemailer"
        self.folder.mkdir()
        shutil.copy(HERE / "nodemailer.mjs", self.folder)
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "nodemailer@^10"]
        done = subprocess.run(
            words, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode != 0:
            raise measure.Failed(f"npm install nodemailer: {done.stderr.strip()[-300:]}")

    def race(self, cell, messages, sink, address, folder):
        make_workspace(folder / "ws", messages, cell.connections, cell.octets, cell.tls)
        tls = "starttls" if cell.tls else "plain"
        words = ["node", self.folder / "nodemailer.mjs", address, cell.connections, tls]
        return measure.run([*words, folder / "ws/campaigns/race"], folder)
