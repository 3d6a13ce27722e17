#!/bin/sh
# Install the Debian packages of the servers and clients that the tests run against.
set -eu

missing=""
want() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

want java openjdk-17-jre-headless
want mvn maven
want prometheus prometheus
want promtool prometheus
want prometheus-alertmanager prometheus-alertmanager
want amtool prometheus-alertmanager
want kcat kcat
want chromium chromium
want openssl openssl
want systemd-analyze systemd

[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "these Debian packages are missing; install them as root:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
