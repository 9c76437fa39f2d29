#!/bin/sh
# Installs what `make test` needs beyond Go and Node: on Debian, as root, with
# apt-get; elsewhere it says what is missing. Quick when nothing is.
set -eu
cd "$(dirname "$0")/.."

missing=
need() { missing="$missing
  $1"; }

# at_least WANTED HAVE: whether a dotted version is new enough.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

command -v go >/dev/null && at_least 1.26 "$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')" ||
  need 'Go 1.26 or later: https://go.dev/dl'
command -v node >/dev/null && at_least 20.19 "$(node --version | sed 's/^v//')" ||
  need 'Node 20.19 or later: https://nodejs.org'
command -v npm >/dev/null || need 'npm, which comes with Node'

# Debian's packages, each with the file that shows that it is there.
packages=
want() { [ -e "$2" ] || packages="$packages $1"; }
want chromium /usr/bin/chromium
want mmdebstrap /usr/bin/mmdebstrap
want debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
want fonts-inter /usr/share/doc/fonts-inter
want fonts-dejavu-core /usr/share/doc/fonts-dejavu-core
want gcc /usr/bin/gcc # the race detector
want libc6-dev /usr/include/stdio.h
want libxml2-utils /usr/bin/xmllint
want systemd /usr/bin/systemd-analyze # reads the unit of the service
want openssl /usr/bin/openssl # the certificate of a mail server

if [ -n "$packages" ]; then
  if [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    # shellcheck disable=SC2086 # a list on purpose
    apt-get -qy -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install --no-install-recommends $packages
  elif [ -e /etc/debian_version ]; then
    need "as root: apt-get install --no-install-recommends$packages"
  else
    need "a Debian system, or one with Debian's packages:$packages"
    need '  (real Asterisk comes from Debian, the pages are tested in its Chromium at /usr/bin/chromium)'
  fi
fi

if [ -n "$missing" ]; then
  echo "make test needs:$missing" >&2
  exit 1
fi

# As npm itself decides: its own copy of the lock file is newer after an install.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund
fi
