#!/usr/bin/env bash
# Fetches the servers that tests/real_servers tests against: Postfix and smtp-sink into the
# machine; Exim and OpenSMTPD, which would put Postfix out, and the verifier OpenDKIM unpacked
# beside the build; aiosmtpd and the verifier dkimpy into environments of their own there; and
# SpamAssassin, which judges what is rendered, Dovecot, which serves mailboxes, and Chromium, which
# shows the unsubscribe page, into the machine. What is there already is left as it is. Debian, as
# root; as another user only the Python packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

servers=${CARGO_TARGET_DIR:-target}/servers
mkdir -p "$servers"
servers=$(realpath "$servers")
export DEBIAN_FRONTEND=noninteractive
updated=

update() {
    [[ -n $updated ]] || apt-get update -qq
    updated=yes
}

install() {
    # No service is to start: the tests run instances of their own.
    RUNLEVEL=1 apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# unpack NAME PACKAGE: its files into $servers/NAME, the libraries it needs into the machine.
unpack() {
    local name=$1 package=$2 libraries download
    [[ ! -e $servers/$name ]] || return 0
    update
    libraries=$(apt-cache depends --important "$package" | sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p')
    # shellcheck disable=SC2086
    install $libraries
    download=$(mktemp -d)
    (cd "$download" && apt-get download -qq -o APT::Sandbox::User=root "$package")
    rm -rf "$servers/$name.new"
    dpkg -x "$download"/*.deb "$servers/$name.new"
    mv "$servers/$name.new" "$servers/$name"
    rm -r "$download"
}

# python NAME REQUIREMENT...: an environment with these packages in $servers/NAME.
python() {
    local name=$1
    shift
    [[ ! -e $servers/$name ]] || return 0
    rm -rf "$servers/$name.new"
    python3 -m venv "$servers/$name.new"
    "$servers/$name.new/bin/pip" install --quiet --disable-pip-version-check "$@"
    # An environment cannot be moved, but its interpreter finds it wherever it is.
    mv "$servers/$name.new" "$servers/$name"
}

if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    [[ -x /usr/sbin/smtp-sink ]] || { update; install postfix; }
    [[ -x /usr/sbin/dovecot ]] || { update; install dovecot-imapd dovecot-pop3d; }
    unpack exim exim4-daemon-light
    unpack opensmtpd opensmtpd
    unpack opendkim opendkim
    [[ -x /usr/bin/spamassassin ]] || { update; install spamassassin; }
    [[ -x /usr/bin/chromium ]] || { update; install chromium; }
elif [[ ! -x /usr/sbin/smtp-sink ]]; then
    echo "smtp-sink is missing and cannot be installed here: install Debian's package postfix" >&2
    exit 1
fi
python aiosmtpd 'aiosmtpd==1.4.6'
python dkimpy 'dkimpy==1.1.8' 'PyNaCl==1.6.2'
/usr/sbin/postconf -d mail_version
