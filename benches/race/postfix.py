"""Postfix as the relay behind a mailing program: an instance of its own, with its own queue.

The messages go into its queue first and are held there; then the queue is released. The sending
phase is from its first connection to the sink to the last message; the whole is that and the
taking in. Its CPU time is that of the master and all its descendants, living and waited for, from
before the first message came in; what feeds it is not counted. Its memory is what they hold
together when the last message has gone, pages they share counted once.
"""

import os
import shutil
import socket
import subprocess
import time

import measure
from runners import Runner
from servers import PATIENCE

# Connections that feed it; how many makes no difference to what is measured.
FEEDERS = 8


class Postfix(Runner):
    name = "Postfix as relay"
    personal = False
    most = 4000

    def missing(self):
        if os.geteuid() != 0:
            return "Postfix needs root"
        if not shutil.which("postfix"):
            return "Postfix is missing (Debian: postfix)"
        return None

    def race(self, cell, messages, sink, address, folder):
        instance = Instance(folder, address, cell)
        try:
            began = time.monotonic()
            before = measure.tree_cpu(instance.master.pid)
            instance.feed(messages, cell.octets)
            instance.release()
            sink.wait_for_all()
            seconds = time.monotonic() - began
            cpu = measure.tree_cpu(instance.master.pid) - before
            return seconds, cpu, measure.tree_memory(instance.master.pid)
        finally:
            instance.stop()


class Instance:
    """A running Postfix that relays everything to `address`."""

    def __init__(self, folder, address, cell):
        folder.chmod(0o755)
        self.conf = folder / "conf"
        for name in ("conf", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = "127.0.0.1:%d" % free.getsockname()[1]
        (self.conf / "main.cf").write_text(main_cf(folder, address, cell))
        (self.conf / "master.cf").write_text(master_cf(self.address))
        self.call("postfix", "check")
        daemons = self.call("postconf", "-h", "daemon_directory").strip()
        # Not through `postfix start`, which would put it out of our sight.
        self.master = subprocess.Popen(
            [f"{daemons}/master", "-d", "-c", str(self.conf)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(folder / "err", "wb"),
            start_new_session=True,
        )
        self.await_listening()

    def call(self, tool, *words):
        words = [shutil.which(tool), "-c", str(self.conf), *words]
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode != 0:
            raise measure.Failed(f"{tool}: {done.stderr.strip()}")
        return done.stdout

    def await_listening(self):
        host, port = self.address.split(":")
        for _ in range(400):
            try:
                socket.create_connection((host, int(port))).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.stop()
        raise measure.Failed("Postfix does not listen")

    def feed(self, messages, octets):
        feeders = min(FEEDERS, messages)
        words = ["smtp-source", "-d", "-s", feeders, "-m", messages, "-l", octets]
        subprocess.run(
            [str(word) for word in [*words, "-t", "reader@example.net", self.address]],
            check=True,
            timeout=PATIENCE,
        )

    def release(self):
        self.call("postsuper", "-H", "ALL")
        self.call("postqueue", "-f")

    def stop(self):
        self.master.terminate()
        self.master.wait(PATIENCE)


def main_cf(folder, relay, cell):
    """As fast as its documentation makes it for one destination: concurrency from the start,
    connections kept for the next message, and no look-ups."""
    host, port = relay.split(":")
    encrypted = "encrypt" if cell.tls else "none"
    return f"""compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example.com
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_restrictions = check_client_access static:HOLD
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
message_size_limit = 0
smtp_dns_support_level = disabled
relayhost = [{host}]:{port}
default_process_limit = 200
initial_destination_concurrency = {cell.connections}
smtp_destination_concurrency_limit = {cell.connections}
smtp_connection_cache_destinations = [{host}]:{port}
smtp_connection_cache_on_demand = yes
smtp_tls_security_level = {encrypted}
smtp_tls_connection_reuse = yes
"""


def master_cf(address):
    return f"""{address} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
qmgr unix n - n 300 1 qmgr
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
"""
