"""The race's table, in Markdown."""

HEADS = [
    "runner",
    "sink",
    "RTT ms",
    "connections",
    "TLS",
    "letter",
    "messages",
    "msg/s",
    "× smtp-source -d",
    "msg/s sending",
    "×",
    "CPU s/1,000",
    "peak MiB",
]
LEFT = 2  # columns that are words
# With fewer messages, what it takes to start would be most of the CPU time.
ENOUGH_FOR_CPU = 200


class Table:
    """Prints rows as they come, so that a race that is cut short has shown what it found."""

    def __init__(self, out):
        self.out = out
        self.references = {}
        self.line(HEADS)
        self.line(["---"] * LEFT + ["---:"] * (len(HEADS) - LEFT))

    def line(self, cells):
        print("| " + " | ".join(cells) + " |", file=self.out, flush=True)

    def row(self, runner, sink, cell, measured):
        whole = measured.messages / measured.seconds
        sending = measured.messages / measured.sending if measured.sending else None
        key = (cell.round_trip, cell.connections, cell.octets)
        # STARTTLS is held against the plain reference: smtp-source has no TLS.
        if runner == "smtp-source -d" and sink == "own":
            self.references[key] = (whole, sending)
        of_whole, of_sending = self.references.get(key, (None, None))
        self.line(
            [
                runner,
                sink,
                str(cell.round_trip),
                str(cell.connections),
                "STARTTLS" if cell.tls else "–",
                f"{cell.octets // 1000} KB",
                f"{measured.messages:,}",
                number(whole),
                ratio(whole, of_whole),
                number(sending),
                ratio(sending, of_sending),
                cpu(measured),
                f"{measured.peak:.0f}",
            ]
        )


def cpu(measured):
    if measured.messages < ENOUGH_FOR_CPU:
        return "–"
    return f"{measured.cpu / measured.messages * 1000:.3f}"


def number(rate):
    if rate is None:
        return "–"
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


def ratio(rate, reference):
    return f"{rate / reference:.2f}" if rate and reference else "–"
