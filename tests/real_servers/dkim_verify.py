"""Verifies every signature of messages with dkimpy.

dkim_verify.py KEYS FOLDER: KEYS has a line for each key, its name in DNS and its record; FOLDER
has the messages. Prints how many signatures of each algorithm were taken, and which were not.
"""

import collections
import pathlib
import re
import sys

import dkim


def main(keys, folder):
    records = dict(line.split(" ", 1) for line in pathlib.Path(keys).read_text().splitlines())

    def answer(name, timeout=5):
        return records[name.decode().rstrip(".")].encode()

    taken, refused = collections.Counter(), []
    for path in sorted(pathlib.Path(folder).glob("*.eml")):
        message = path.read_bytes()
        header = message.partition(b"\r\n\r\n")[0]
        for index in range(len(re.findall(rb"(?m)^DKIM-Signature:", header))):
            verifier = dkim.DKIM(message)
            try:
                good = verifier.verify(index, dnsfunc=answer)
            except dkim.DKIMException as error:
                good = False
                print(path.name, error, file=sys.stderr)
            if good:
                taken[verifier.signature_fields[b"a"].decode()] += 1
            else:
                refused.append(f"{path.name}[{index}]")
    for algorithm, count in sorted(taken.items()):
        print(algorithm, count)
    for which in refused:
        print("refused", which)


main(*sys.argv[1:])
