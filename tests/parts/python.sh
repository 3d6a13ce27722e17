#!/bin/sh
# Make a virtual environment: python.sh PYTHON FOLDER
set -eu

python=$1
folder=$2
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || {
    echo "$python is $("$python" --version 2>&1); driftd needs Python 3.11 to 3.14:" \
        "make PYTHON=python3.12 ..." >&2
    exit 1
}
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    # Debian keeps the parts of venv in a package of their own.
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null
fi
"$python" -m venv "$folder"
