"""Reads rendered messages with readers that other people wrote, and compares them with what went in.

    readers.py python FOLDER         Python's email package, with the default policy
    readers.py spamassassin FOLDER   SpamAssassin without network, its structural rules

FOLDER holds NAME.eml and, beside each, NAME.json with what must be found. Prints what is wrong and
ends with 1 if anything is; otherwise a line of figures.
"""

import base64
import collections
import email
import email.policy
import json
import pathlib
import re
import subprocess
import sys

# What tells of a broken message, and of nothing that its author wrote.
STRUCTURAL = re.compile(
    r"^(MIME_|MISSING_|BAD_ENC_HEADER|INVALID_DATE|INVALID_MSGID|HTML_MIME_NO_HTML_TAG|MPART_ALT_DIFF"
    r"|SUBJECT_NEEDS_ENCODING|SUBJ_ILLEGAL_CHARS|FROM_ILLEGAL_CHARS|HEAD_ILLEGAL_CHARS|TO_MALFORMED"
    r"|MULTIPART_|NULL_IN_BODY|UNPARSEABLE|CTYPE_|BASE64_|TVD_SPACE|HEADER_|DUP_|TO_NO_BRKTS|FROM_NO_|T_.*MIME"
    r"|.*_ENCODED|OBFU|TRUNCATED|PP_MIME|WEIRD_)"
)
# Rules of those names which weigh words: the texts here are empty, or other than the HTML.
EMPTY = {"MPART_ALT_DIFF", "MPART_ALT_DIFF_COUNT", "TVD_SPACE_RATIO", "MIME_HTML_MOSTLY"}

# The fallback for readers from before RFC 2231, which the standard does not know; see parameters.rs.
FALLBACK = ("encoded word inside quoted string", "missing trailing whitespace after encoded-word")


def defects(message):
    for part in message.walk():
        yield from (f"{part.get_content_type()}: {defect!r}" for defect in part.defects)
        for name, value in part.items():
            for defect in value.defects:
                foreign = not (part.get_filename() or "").isascii()
                if foreign and name == "Content-Type" and str(defect) in FALLBACK:
                    continue
                yield f"{name}: {defect!r} in {str(value)!r}"


def shape(part):
    kind = part.get_content_subtype()
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        return f"{kind}[{' '.join(shape(inner) for inner in part.iter_parts())}]"
    return kind


def text(part):
    octets = part.get_payload(decode=True)
    return octets.decode(part.get_content_charset())


def content(part):
    if part.get_content_type() == "message/rfc822":
        return part.get_payload(0).as_bytes(policy=email.policy.default.clone(linesep="\n"))
    return part.get_payload(decode=True)


def differences(message, expected):
    def differs(what, found, wanted):
        # A message ends in a line end, whether its only text does or not.
        if isinstance(found, str):
            found, wanted = found.removesuffix("\r\n"), wanted.removesuffix("\r\n")
        if found != wanted:
            yield f"{what}: {found!r} instead of {wanted!r}"

    yield from differs("subject", message["subject"], expected["subject"])
    yield from differs("from", message["from"].addresses[0].display_name, expected["from"])
    yield from differs("to", message["to"].addresses[0].display_name, expected["to"])
    yield from differs("shape", shape(message), expected["shape"])
    leaves = [part for part in message.walk() if not part.is_multipart()]
    bodies = {}
    for part in leaves:
        # The first of a kind: what follows is inside of attached messages.
        if part.get_content_disposition() is None:
            bodies.setdefault(part.get_content_type(), part)
    yield from differs("text", text(bodies["text/plain"]), expected["text"])
    yield from differs("charset", bodies["text/plain"].get_content_charset(), expected["charset"])
    if expected["html"] is not None:
        html = text(bodies["text/html"])
        for part in message.walk():
            if part["content-id"]:
                html = html.replace(f"cid:{part['content-id'].strip('<>')}", f"cid:{part.get_filename()}")
        yield from differs("html", html, expected["html"])
    if expected["calendar"]:
        calendar = bodies["text/calendar"]
        yield from differs("method", calendar.get_param("method"), "REQUEST")
        yield from differs("calendar", expected["calendar"] in text(calendar).replace("\r\n ", ""), True)
    files = [part for part in message.walk() if part.get_filename() not in (None, "invite.ics")]
    yield from differs("files", [part.get_filename() for part in files], [name for name, _ in expected["files"]])
    for part, (name, octets) in zip(files, expected["files"]):
        yield from differs(name, content(part), base64.b64decode(octets))


def lines(octets):
    if re.search(rb"[^\r]\n|\r[^\n]|[\x00\x80-\xff]", octets):
        yield "not lines of 7-bit octets"
    if max(map(len, octets.split(b"\r\n"))) > 998:
        yield "a line is too long"


def python(folder):
    wrong = 0
    shapes = collections.Counter()
    paths = sorted(folder.glob("*.eml"))
    for path in paths:
        octets = path.read_bytes()
        message = email.message_from_bytes(octets, policy=email.policy.default)
        expected = json.loads(path.with_suffix(".json").read_text())
        shapes[expected["shape"]] += 1
        for fault in [*lines(octets), *defects(message), *differences(message, expected)]:
            wrong += 1
            if wrong < 40:
                print(f"{path.name}: {fault}")
    print(f"{len(paths)} messages in {len(shapes)} shapes, {wrong} faults")
    return wrong or not paths


def spamassassin(folder):
    # It takes its time: one body of each script and shape, the next one with the next.
    every = enumerate(sorted(folder.glob("*.eml")))
    paths = [path for number, path in every if (number + number // 3) % 3 == 0]
    hits = collections.Counter()
    judged = 0
    for start in range(0, len(paths), 100):
        command = ["spamassassin", "--local", "--test-mode", *map(str, paths[start : start + 100])]
        ended = subprocess.run(command, capture_output=True, check=True)
        for status in re.findall(rb"^X-Spam-Status:.*(?:\r?\n[ \t].*)*", ended.stdout, re.M):
            judged += 1
            flat = re.sub(rb"\s+", b"", status).decode()
            hits.update(flat.partition("tests=")[2].partition("autolearn")[0].split(","))
    print(dict(hits))
    wrong = {rule: n for rule, n in hits.items() if STRUCTURAL.match(rule) and rule not in EMPTY}
    print(f"{judged} of {len(paths)} messages judged, structural rules hit: {wrong}")
    return bool(wrong) or judged != len(paths)


if __name__ == "__main__":
    sys.exit({"python": python, "spamassassin": spamassassin}[sys.argv[1]](pathlib.Path(sys.argv[2])))
