"""Makes a workspace for the race: python3 workspace.py FOLDER MESSAGES CONNECTIONS OCTETS

The letter is plain text and HTML with personal parts, about OCTETS long in all.
"""

import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
messages, connections, octets = (int(word) for word in sys.argv[2:5])
campaign = folder / "campaigns" / "race"
campaign.mkdir(parents=True)

(folder / "hikyaku.toml").write_text(
    f"""[identity]
hostname = "race.example.com"

[tls]
policy = "off"

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

# Headers, boundaries and part headers take about 900 octets.
body = max(200, octets - 900)
line = "The quick brown fox jumps over the lazy dog and comes home.\n"
text = line * (body // 3 // len(line))
html = f"<p>{line}</p>\n" * (body * 2 // 3 // (len(line) + 8))
(campaign / "body.txt").write_text("Dear {{ name }} of {{ city }},\n\n" + text)
(campaign / "body.html").write_text("<h1>Dear {{ name }} of {{ city }},</h1>\n" + html)

with (campaign / "recipients.csv").open("w") as out:
    out.write("email,name,city,token\n")
    for row in range(messages):
        out.write(f"user{row}@d{row % 50}.example,Name {row},City {row % 100},{row:08x}\n")
