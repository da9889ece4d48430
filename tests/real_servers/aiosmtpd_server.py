"""aiosmtpd for the tests:

    python aiosmtpd_server.py PORT FOLDER plain|starttls|implicit|auth USER PASSWORD

Every message becomes a file of FOLDER/mail, exactly as it came. With starttls and auth, nothing is
taken before STARTTLS; with auth, nothing without the login.
"""

import asyncio
import itertools
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, folder, mode = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
login = tuple(word.encode() for word in sys.argv[4:6])
numbers = itertools.count()


class Handler:
    async def handle_DATA(self, server, session, envelope):
        (folder / "mail" / str(next(numbers))).write_bytes(envelope.original_content)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == login)


def context():
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return tls


def session():
    upgrades = mode in ("starttls", "auth")
    return SMTP(
        Handler(),
        hostname="aiosmtpd.test",
        enable_SMTPUTF8=True,
        tls_context=context() if upgrades else None,
        require_starttls=upgrades,
        authenticator=authenticate,
        auth_required=mode == "auth",
    )


async def main():
    loop = asyncio.get_running_loop()
    tls = context() if mode == "implicit" else None
    server = await loop.create_server(session, "127.0.0.1", port, ssl=tls)
    await server.serve_forever()


asyncio.run(main())
