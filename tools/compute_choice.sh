#!/usr/bin/env bash
# The measured table of docs/choosing-compute.md: the same train.py on every place of examples/compute-choice, in the local
# cloud, with its waiting in the cloud's own time.
#   tools/compute_choice.sh DROVER FOLDER [RUNS=3] [SPEED=1]     SKLEARN: where sklearn is, for /usr/bin/python3 (./dev prints it)
# The first run on the compute begins with no node; the others follow it.
set -euo pipefail
drover=$(realpath "$1")
folder=$2 runs=${3:-3} speed=${4:-1}
rm -rf "$folder"
mkdir -p "$folder"
cp -r "$(dirname "$0")/../examples/compute-choice/." "$folder/"
cd "$folder"
unset DROVER_STATE
export XDG_CONFIG_HOME=$PWD/config
trap '"$drover" serve --stop >/dev/null 2>&1 || true' EXIT
"$drover" apply --yes --speed 6000 >apply.log
"$drover" serve --background --speed "$speed" >/dev/null
echo "| compute | run | starts after | runs for | ends after | r2 |"
echo "|---|---|---|---|---|---|"
for place in local train-aks azureml:train-aks azureml:cpu-cluster; do
  for run in $(seq "$runs"); do
    "$drover" job submit job.yml --environment host --set "compute=$place" --set "environment_variables.PYTHONPATH=${SKLEARN:-}" \
      --set environment_variables.PATH=/usr/bin:/bin --wait >run.log 2>&1 || { cat run.log; exit 1; }
    id=$(sed -n 's/^Job \([0-9a-f]*\) submitted.*/\1/p' run.log)
    rm -rf out && "$drover" job download "$id" --out out >/dev/null
    "$drover" job show "$id" -o json | SPEED=$speed PLACE=$place RUN=$run python3 -c 'import json, os, sys
job = json.load(sys.stdin)
metrics = json.load(open("out/model/metrics.json"))
speed = float(os.environ["SPEED"]) if os.environ["PLACE"].startswith("azureml:") else 1  # in the time of the cloud
start, run = (job["started_us"] - job["submitted_us"]) / 1e6, (job["ended_us"] - job["started_us"]) / 1e6
start *= speed
print("| {PLACE} | {RUN} | {:.1f} s | {:.1f} s | {:.1f} s | {r2} |".format(start, run, start + run, r2=metrics["r2"], **os.environ))'
  done
done
"$drover" compute advise job.yml --environment host
