"""aiosmtpd for the tests: python aiosmtpd_server.py PORT FOLDER plain|starttls

Every message becomes a file of FOLDER/mail, exactly as it came. With STARTTLS, nothing is taken
without it.
"""

import asyncio
import itertools
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP

port, folder, mode = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
numbers = itertools.count()


class Handler:
    async def handle_DATA(self, server, session, envelope):
        (folder / "mail" / str(next(numbers))).write_bytes(envelope.original_content)
        return "250 2.0.0 taken"


def session():
    tls = None
    if mode == "starttls":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return SMTP(
        Handler(),
        hostname="aiosmtpd.test",
        enable_SMTPUTF8=True,
        tls_context=tls,
        require_starttls=tls is not None,
    )


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main())
