#!/bin/sh
# Copy the rules and dashboards into the chart: helm packs nothing from outside of its folder.
set -eu

cd "$(dirname "$0")"
cp ../prometheus/driftd.rules.yml driftd/files/
rm -f driftd/files/dashboards/*.json
cp ../../grafana/dashboards/*.json driftd/files/dashboards/
