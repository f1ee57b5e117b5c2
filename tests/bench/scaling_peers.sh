#!/usr/bin/env bash
# The scaler beside forecasts of peers' own code, judged by one replay (docs/scaling.md):
#   scaling_peers.sh DROVER DATA-FOLDER WORK-FOLDER PYTHON-PACKAGES PROMETHEUS PROMTOOL [TRACE...]
# PEERS=python or r asks only those. Their answers lie in WORK-FOLDER and are taken from there the next time.
set -euo pipefail
[ $# -ge 6 ] || { echo "usage: $0 DROVER DATA WORK PYTHON-PACKAGES PROMETHEUS PROMTOOL [TRACE...]" >&2; exit 2; }
drover=$(realpath "$1") data=$2 work=$3 packages=$4 prometheus=$5 promtool=$6
shift 6
here=$(dirname "$(realpath "$0")")
mkdir -p "$work"

# NAME FILE LEAD-STEPS TRAIN-STEPS OPTIONS...
traces() {
  cat <<'TRACES'
mongo loads/mongo-01.csv 5 10800 --train 180h
azure_vm loads/azure_vm_cpu_5min.csv 1 4032 --value-column avg_cpu --train 14d
helios gpu/helios_earth_16vc_total_1min.csv 10 20160 --lead 10m --node-capacity 32 --train 14d
nasa loads/nasa_requests_1min.csv 5 20160 --from 1995-08-04 --to 1995-09-01 --smooth 5m --train 14d
philly gpu/philly_active_nodes_1min.csv 10 40320 --to 2017-12-15 --lead 10m --node-capacity 12 --zero-is-missing --train 28d
wc98 loads/worldcup98_requests_1min.csv 5 20160 --from 1998-05-11 --to 1998-07-13 --train 14d
TRACES
}

python() { PYTHONPATH="$packages" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 /usr/bin/python3 -W ignore "$@"; }

# ask NAME GROUP PEERS LEAD FIRST : forecasts, once.
ask() {
  [ -s "$work/$1.$2.csv.json" ] || python "$here/peers/scaling_peers.py" "$work/$1.load.csv" "$work/$1.$2.csv" --peers "$3" \
    --lead "$4" --first "$5" --prometheus "$prometheus" --promtool "$promtool" </dev/null
}

while read -r name file lead first options; do
  if [ $# -gt 0 ] && ! grep -qwF -- "$name" <<<"$*"; then continue; fi
  if [ ! -f "$data/$file" ]; then echo "skipped: $name is not at $data/$file"; continue; fi
  read -ra words <<<"$options"
  [ -s "$work/$name.load.csv" ] || "$drover" scale replay --log "$data/$file" "${words[@]}" --load-out "$work/$name.load.csv"
  [ "${PEERS:-python}" = python ] && ask "$name" python holt-winters,prometheus,gbdt "$lead" "$first"
  [ "${PEERS:-r}" = r ] && ask "$name" r r "$lead" "$first"
  told=$(ls "$work/$name".*.csv | grep -v '\.load\.csv$' | paste -sd,)
  "$drover" scale replay --log "$data/$file" "${words[@]}" --forecasts "$told" -o json >"$work/$name.json"
done < <(traces)
# Helios CES's ground: the same forecasts of Philly's nodes, 1 to 14 December, a node for a node, 0.4 % of the minutes allowed.
if told=$(ls "$work"/philly.*.csv 2>/dev/null | grep -v '\.load\.csv$' | paste -sd,) && [ -n "$told" ]; then
  "$drover" scale replay --log "$data/gpu/philly_active_nodes_1min.csv" --to 2017-12-15 --lead 10m --node-capacity 1 --zero-is-missing \
    --train 59d --slo 99.6 --forecasts "$told" -o json >"$work/ces.json"
fi
python "$here/peers/scaling_table.py" "$work"
