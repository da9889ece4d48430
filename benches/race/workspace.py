"""The campaign of the race: a list, and plain text and HTML with personal parts."""

HEADERS = 900  # Headers, boundaries and part headers take about so many octets.
LINE = "The quick brown fox jumps over the lazy dog and comes home.\n"


def make_workspace(folder, messages, connections, octets, tls):
    """Writes it to `folder`; the letter comes to about `octets`."""
    campaign = folder / "campaigns" / "race"
    campaign.mkdir(parents=True)
    (folder / "hikyaku.toml").write_text(
        f"""[identity]
hostname = "race.example.com"

[tls]
policy = "{'opportunistic' if tls else 'off'}"

[[destination]]
mx = "*"
connections = {connections}
messages_per_connection = 0
"""
    )
    (campaign / "campaign.toml").write_text(
        """name = "race"
from = "Example News <news@example.com>"
subject = "Hello {{ name }}"
recipients = "recipients.csv"
html = "body.html"
text = "body.txt"
unsubscribe = "https://example.com/u/{{ token }}"
"""
    )
    body = max(200, octets - HEADERS)
    text = LINE * (body // 3 // len(LINE))
    html = f"<p>{LINE}</p>\n" * (body * 2 // 3 // (len(LINE) + 8))
    (campaign / "body.txt").write_text("Dear {{ name }} of {{ city }},\n\n" + text)
    (campaign / "body.html").write_text("<h1>Dear {{ name }} of {{ city }},</h1>\n" + html)
    with (campaign / "recipients.csv").open("w") as out:
        out.write("email,name,city,token\n")
        for row in range(messages):
            out.write(f"user{row}@d{row % 50}.example,Name {row},City {row % 100},{row:08x}\n")
