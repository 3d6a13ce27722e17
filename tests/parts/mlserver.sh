#!/bin/sh
# Install MLServer, with its runtime of scikit-learn, in a virtual environment of its own:
# mlserver.sh PYTHON FOLDER
# It needs Python 3.9 to 3.12; PYTHON is taken if it is 3.11 or 3.12, else the first one found.
set -eu

folder=$2
want="mlserver==1.7.1 mlserver-sklearn==1.7.1"
stamp="$folder/.installed"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    exit 0
fi
for python in "$1" python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
    then
        rm -rf "$folder"
        sh "$(dirname "$0")/python.sh" "$python" "$folder"
        # shellcheck disable=SC2086  # a list of words
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check $want
        echo "$want" >"$stamp"
        exit 0
    fi
done
echo "MLServer needs Python 3.11 or 3.12, and none is here; its test will be skipped" >&2
