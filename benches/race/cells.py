"""What is raced: the cells of the matrix, and what a measurement of one comes to."""

from dataclasses import dataclass

ROUND_TRIPS = (0, 20, 80)
CONNECTIONS = (1, 8, 32)
LETTER = 3_000
LONG_LETTER = 100_000


@dataclass(frozen=True)
class Cell:
    """The circumstances that all runners of a comparison share."""

    round_trip: int  # milliseconds
    connections: int
    tls: bool
    octets: int = LETTER

    def __str__(self):
        kind = "STARTTLS" if self.tls else "plain"
        return f"{self.round_trip} ms, {self.connections} connections, {kind}, {self.octets} octets"


@dataclass
class Measured:
    """One run of one runner in one cell."""

    messages: int
    seconds: float  # the whole command
    sending: float  # from the first connection to the last message, as the sink saw it
    cpu: float  # user and system seconds of all the runner's processes
    peak: float  # MiB


def matrix():
    """Every cell; those with short letters first."""
    short = [
        Cell(round_trip, connections, tls)
        for tls in (False, True)
        for round_trip in ROUND_TRIPS
        for connections in CONNECTIONS
    ]
    long = [
        Cell(0, 1, False, LONG_LETTER),
        Cell(0, 8, False, LONG_LETTER),
        Cell(80, 8, False, LONG_LETTER),
    ]
    return short + long


def quick():
    """The few cells that show most."""
    return [
        Cell(0, 8, False),
        Cell(80, 1, False),
        Cell(0, 8, True),
        Cell(0, 8, False, LONG_LETTER),
    ]
