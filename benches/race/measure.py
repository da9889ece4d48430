"""Runs a command and says what it cost."""

import os
import subprocess
import time


class Failed(Exception):
    """A runner did not do what it was to do."""


def run(words, folder, patience=240):
    """Runs `words` to its end: seconds, CPU seconds and peak MiB of it and its children."""
    # A process begins with the peak of the one that forked it, and Python's is high: GNU time,
    # which is small, stands between.
    peak = folder / "peak"
    words = ["/usr/bin/time", "-q", "-f", "%M", "-o", peak, *words]
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        usage = wait(process, began + patience)
        seconds = time.monotonic() - began
    if process.returncode != 0:
        said = (folder / "err").read_text(errors="replace")[-2000:]
        raise Failed(f"{words[6]} ended with {process.returncode}: {said}")
    return seconds, usage.ru_utime + usage.ru_stime, int(peak.read_text().split()[-1]) / 1024


def wait(process, deadline):
    """Waits as `wait4` does, which alone tells what this one child used."""
    while True:
        late = time.monotonic() > deadline
        if late:
            process.kill()
        pid, status, usage = os.wait4(process.pid, 0 if late else os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        time.sleep(0.002)


def tree(root):
    """The process ids of `root` and all its descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = fields(int(name))
            if stat:
                parents.setdefault(int(stat[1]), []).append(int(name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo.extend(parents.get(pid, []))
    return found


def tree_cpu(root):
    """CPU seconds of `root`, of its living descendants, and of those that ended and were waited
    for."""
    ticks = 0
    for pid in tree(root):
        stat = fields(pid)
        if stat:
            ticks += sum(int(word) for word in stat[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def tree_memory(root):
    """MiB that `root` and its living descendants hold together; pages they share count once."""
    kibibytes = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as lines:
                pss = next(line for line in lines if line.startswith("Pss:"))
                kibibytes += int(pss.split()[1])
        except (OSError, StopIteration):
            pass  # It ended meanwhile.
    return kibibytes / 1024


def fields(pid):
    """What stands in /proc/PID/stat behind the name, which itself may hold anything."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return None
