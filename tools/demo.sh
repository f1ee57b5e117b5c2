#!/usr/bin/env bash
# The main job, from nothing to a scaled pool, on the local cloud: demo.sh DROVER FOLDER
set -euo pipefail
drover=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
cp "$(dirname "$0")/../examples/workshop/estate.yaml" "$folder/"
cd "$folder"
unset DROVER_STATE

run() {
  printf '\n$ drover %s\n' "$*"
  "$drover" "$@"
}

run validate
run plan
run apply --yes --speed 60                     # a minute of the local world takes a second
run forecast sample --out service_log.tsv      # a year of made-up log, always the same
run forecast train --log service_log.tsv
run scale once --dry-run
run scale once --report report.html
run status
printf '\nThe report: %s/report.html, its chart: %s/report.svg\n' "$folder" "$folder"
printf 'The estate stays there; look around with: cd %s && %s status\n' "$folder" "$drover"
