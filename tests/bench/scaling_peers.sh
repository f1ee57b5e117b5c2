#!/usr/bin/env bash
# The scaler beside forecasts of peers' own code, judged by one replay (docs/scaling.md):
#   scaling_peers.sh DROVER DATA-FOLDER WORK-FOLDER PYTHON-PACKAGES PROMETHEUS PROMTOOL [TRACE...]
# Python's and Prometheus' peers are asked for every step of the log; R's, being slow, for four days of it, of whose log seven
# days before are kept. Answers lie in WORK-FOLDER and are taken from there the next time.
set -euo pipefail
[ $# -ge 6 ] || { echo "usage: $0 DROVER DATA WORK PYTHON-PACKAGES PROMETHEUS PROMTOOL [TRACE...]" >&2; exit 2; }
drover=$(realpath "$1") data=$2 work=$3 packages=$4 prometheus=$5 promtool=$6
shift 6
here=$(dirname "$(realpath "$0")")
mkdir -p "$work"

# NAME FILE LEAD-STEPS TRAIN-STEPS R-FROM R-TO R-TRAIN OPTIONS...
traces() {
  cat <<'TRACES'
mongo loads/mongo-01.csv 5 10800 - - 180h --train 180h
nasa loads/nasa_requests_1min.csv 5 20160 1995-08-11 1995-08-22 7d --from 1995-08-04 --to 1995-09-01 --smooth 5m --train 14d
azure_vm loads/azure_vm_cpu_5min.csv 1 4032 2017-01-10 2017-01-21 7d --value-column avg_cpu --train 14d
wc98 loads/worldcup98_requests_1min.csv 5 20160 1998-06-01 1998-06-12 7d --from 1998-05-11 --to 1998-07-13 --train 14d
helios gpu/helios_earth_16vc_total_1min.csv 10 20160 2020-05-08 2020-05-19 7d --lead 10m --node-capacity 32 --train 14d
philly gpu/philly_active_nodes_1min.csv 10 40320 2017-11-24 2017-12-05 7d --to 2017-12-15 --lead 10m --node-capacity 12 --zero-is-missing --train 28d
TRACES
}

python() { PYTHONPATH="$packages" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 /usr/bin/python3 -W ignore "$@"; }

# ask TAG PEERS LEAD FIRST LOG-OPTIONS... : forecasts and the verdicts on them, once.
ask() {
  local tag=$1 peers=$2 lead=$3 first=$4
  shift 4
  [ -s "$work/$tag.json" ] && return
  "$drover" scale replay "$@" --load-out "$work/$tag.load.csv"
  python "$here/peers/scaling_peers.py" "$work/$tag.load.csv" "$work/$tag.csv" --lead "$lead" --first "$first" --before "$first" \
    --peers "$peers" --prometheus "$prometheus" --promtool "$promtool"
  "$drover" scale replay "$@" --forecasts "$work/$tag.csv" -o json >"$work/$tag.part"
  mv "$work/$tag.part" "$work/$tag.json"
}

traces | while read -r name file lead first from to train options; do
  if [ $# -gt 0 ] && ! grep -qwF -- "$name" <<<"$*"; then continue; fi
  if [ ! -f "$data/$file" ]; then echo "skipped: $name is not at $data/$file"; continue; fi
  read -ra words <<<"$options"
  [ "${DROVER_PEERS_R:-yes}" = only ] || ask "$name" holt-winters,prometheus,gbdt "$lead" "$first" --log "$data/$file" "${words[@]}" </dev/null
  [ "${DROVER_PEERS_R:-yes}" != no ] || continue
  read -ra span <<<"$(sed -E 's/--train [^ ]+//' <<<"$options") --train $train"
  [ "$from" = - ] || read -ra span <<<"$(sed -E 's/--(train|from|to) [^ ]+//g' <<<"$options") --from $from --to $to --train $train"
  steps=$first
  [ "$from" = - ] || { steps=$((7 * 1440)); [ "$name" = azure_vm ] && steps=$((7 * 288)); }
  ask "$name-r" r "$lead" "$steps" --log "$data/$file" "${span[@]}" </dev/null
done
python "$here/peers/scaling_table.py" "$work"
