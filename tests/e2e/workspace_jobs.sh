#!/usr/bin/env bash
# Training jobs on an Azure ML compute, as a user runs them: in the local cloud of `drover serve`, and (as `cloud: azure`)
# against a `drover cloud serve` over TLS.
#   tests/e2e/workspace_jobs.sh BINARY     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: workspace_jobs.sh BINARY}")
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 0; }
bwrap --unshare-pid --ro-bind / / --proc /proc --dev /dev true 2>/dev/null || { echo "skipped: processes cannot be isolated here"; exit 0; }
. "$(dirname "$(realpath "$0")")/lib.sh"
clean_up() { (cd "$scratch" && "$binary" serve --stop) >/dev/null 2>&1; }
unset DROVER_SERVE DROVER_STATE
cd "$scratch" || exit 1

estate() { # estate CLOUD
  cat >estate.yaml <<YAML
estate: trial
cloud: $1
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: trial-rg
workspace: triallab
compute:
  cpu: {size: Standard_DS3_v2, nodes: 0..2, idle: 10h}
clusters:
  kubes:
    pools:
      nodepool1: {size: Standard_D4_v3, nodes: 2}
YAML
}
job() { # job FILE COMMAND [MORE LINES]
  printf 'command: %s\nenvironment: {image: host}\ncompute: azureml:cpu\n%s\n' "$2" "${3:-}" >"$1"
}
submit() { timeout 120 "$binary" job submit "$@" --environment host 2>&1; }
id_of() { sed -n 's/^Job \([0-9a-f]*\).*/\1/p' | head -1; }
state_of() { "$binary" job show "$1" 2>&1 | sed -n 's/^  state *//p'; }

mkdir code
cat >code/train.py <<'PY'
import os, sys
print("rank", os.environ.get("RANK", "none"), "of", os.environ.get("WORLD_SIZE", "1"), "reads", open(sys.argv[1]).read().strip(), flush=True)
os.makedirs(sys.argv[2], exist_ok=True)
with open(f"{sys.argv[2]}/model.{os.environ.get('RANK', '0')}", "w") as model:
    model.write("weights")
os.makedirs("outputs", exist_ok=True)
open("outputs/extra.txt", "w").write("extra")
PY
head -c 20000000 /dev/urandom >code/big.bin # in three blocks
echo "the data" >data.csv
job train.yml 'python3 train.py ${{inputs.data}} ${{outputs.model}}' 'code: ./code
inputs:
  data: {type: uri_file, path: ./data.csv}
outputs:
  model: {type: uri_folder}'

estate local
"$binary" apply --yes --speed 6000 >apply.log 2>&1 || { cat apply.log; exit 1; }
"$binary" serve --background --speed 6000 >/dev/null
said=$(submit train.yml --wait)
same "a job with code, data and outputs completes" "$?" 0
id=$(id_of <<<"$said")
holds "its log came along" "$said" "rank none of 1 reads the data"
"$binary" job download "$id" --out got >/dev/null
same "its output came back" "$(cat got/model/model.0)" weights
same "and what it wrote to ./outputs" "$(cat got/extra.txt)" extra
job two.yml 'python3 train.py ${{inputs.data}} ${{outputs.model}}' 'code: ./code
inputs:
  data: {type: uri_file, path: ./data.csv}
outputs:
  model: {type: uri_folder}
resources: {instance_count: 2}
distribution: {type: pytorch, process_count_per_instance: 1}'
id=$(submit two.yml --wait | id_of)
same "a job on two nodes completes" "$(state_of "$id")" completed
"$binary" job download "$id" --out two >/dev/null
same "with what each rank made" "$(ls two/model | tr '\n' ' ')" "model.0 model.1 "
holds "and what each rank said" "$(cat .drover/jobs/"$id"/1/logs/std_log_process_1.txt)" "rank 1 of 2"

# On a cluster of the same estate: more than a Job takes along goes through the workspace's store.
said=$(submit train.yml --set compute=kubes --wait)
same "the same job on a cluster, whose pods use the workspace's blobs" "$?" 0
holds "its log came along from there too" "$said" "reads the data"
id=$(id_of <<<"$said")
"$binary" job download "$id" --out got-kubes >/dev/null
same "and its output came back" "$(cat got-kubes/model/model.0)" weights
cat >code/log.py <<'PY'
import json, os, urllib.request
request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric", method="POST",
    data=json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], "key": "rmse", "value": 0.5, "timestamp": 1}).encode(),
    headers={"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
urllib.request.urlopen(request).close()
PY
job logs.yml 'python3 log.py' 'code: ./code'
id=$(submit logs.yml --set compute=kubes --wait | id_of)
holds "a metric that a pod logs is kept" "$("$binary" job show "$id")" "rmse"
id=$(submit logs.yml --wait | id_of)
holds "and one that a job on an AML compute logs" "$("$binary" job show "$id")" "rmse"
said=$(submit two.yml --set compute=kubes --wait)
same "and on two nodes of it" "$?" 0
"$binary" job download "$(id_of <<<"$said")" --out two-kubes >/dev/null
same "with what each of its ranks made" "$(ls two-kubes/model | tr '\n' ' ')" "model.0 model.1 "

job bad.yml 'echo oops; exit 7'
said=$(submit bad.yml --wait)
id=$(id_of <<<"$said")
same "a failing script fails its job" "$(state_of "$id")" failed
holds "which says with which code" "$("$binary" job why "$id")" "ended with exit code 7"
holds "and what it said" "$said" oops

job slow.yml 'echo begun; trap "echo told; exit 0" TERM; for i in $(seq 1000); do sleep 0.1; done'
id=$(submit slow.yml | id_of)
soon_says "a log is followed while it is written" begun "$binary" job logs "$id"
"$binary" job cancel "$id" >/dev/null
soon_says "a canceled job ends" canceled state_of "$id"

job long.yml 'echo first >>${{outputs.o}}/lines; sleep 4; echo last' 'outputs:
  o: {type: uri_folder}'
id=$(submit long.yml | id_of)
soon_says "another runs" running state_of "$id"
kill -9 "$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' .drover/serve.json)"
"$binary" serve --background >/dev/null
soon_says "a kill of the server loses no job" completed state_of "$id"
"$binary" job download "$id" --out long >/dev/null
same "nor runs one twice" "$(cat long/o/lines)" first
same "its log is whole" "$("$binary" job logs "$id")" last

# Killed while it uploads: code that nobody has seen.
head -c 40000000 /dev/urandom >code/big.bin
id=$(submit train.yml | id_of)
sleep 0.1
kill -9 "$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' .drover/serve.json)"
"$binary" serve --background >/dev/null
soon_says "a kill in the middle of an upload loses no job" completed state_of "$id"
rm code/big.bin
sed '/^compute:/,$d' estate.yaml >bare.yaml
job other.yml 'echo there'
said=$(submit other.yml -f bare.yaml --wait)
same "a compute that the workspace has and the estate does not" "$?" 0
job typo.yml 'true'
sed -i 's/azureml:cpu/azureml:gpu/' typo.yml
holds "a compute that is not there is told" "$("$binary" job submit typo.yml 2>&1)" "there is local, kubernetes:CONTEXT, kubes, azureml:cpu"
"$binary" serve --stop >/dev/null

# The same as with Azure: over TLS, tokens, the region's own addresses.
serve_cloud 0 6000 200
export "${azure[@]:2}"  # all but the state folder
rm -rf .drover
estate azure
"$binary" apply --yes >apply.log 2>&1 || { cat apply.log; exit 1; }
said=$(submit train.yml --wait)
same "a job completes over the network" "$?" 0
holds "and tells its log" "$said" "reads the data"
"$binary" job download "$(id_of <<<"$said")" --out net >/dev/null
same "and its output comes back" "$(cat net/model/model.0)" weights
same "no secret lies open in the state" "$(grep -rl local-cloud-only .drover 2>/dev/null | grep -v cloud/)" ""

tell
