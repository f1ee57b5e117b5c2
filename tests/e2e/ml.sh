#!/usr/bin/env bash
# Training jobs in the ML workspace of `drover cloud serve`, by curl alone: code uploaded through a SAS, real processes on
# nodes that come and go, logs that follow, a cancel, a kill -9 of the cloud in the middle.
#   tests/e2e/ml.sh BINARY     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: ml.sh BINARY}")
for tool in curl python3; do command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }; done
bwrap --unshare-pid --ro-bind / / --proc /proc --dev /dev true 2>/dev/null || { echo "skipped: processes cannot be isolated here"; exit 0; }
scratch=$(mktemp -d)
state=$scratch/served
server=""
clean() {
  [ -n "$server" ] && { kill -9 "$server" && wait "$server"; } 2>/dev/null
  if [ -n "${KEEP:-}" ]; then echo "kept $scratch"; else rm -rf "$scratch"; fi
}
trap clean EXIT
trap 'exit 130' INT TERM
export XDG_CONFIG_HOME=$scratch/config
unset HTTPS_PROXY https_proxy

passed=0 failed=0
same() {
  if [ "$2" = "$3" ]; then passed=$((passed + 1)) && echo "ok   $1"
  else failed=$((failed + 1)) && printf 'FAIL %s\n     got:    %s\n     wanted: %s\n' "$1" "$2" "$3"; fi
}
holds() { case $2 in *"$3"*) same "$1" yes yes ;; *) same "$1" "${2:0:600}" "...$3..." ;; esac; }
serve() { # serve PORT
  DROVER_STATE=$state "$binary" cloud serve --port "$1" --speed 6000 >"$scratch/serve.log" 2>&1 &
  server=$!
  port=""
  for _ in $(seq 200); do
    port=$(sed -n 's/^listening on https:\/\/localhost:\([0-9]*\)$/\1/p' "$scratch/serve.log")
    [ -n "$port" ] && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  echo "FAIL the server did not start:"; cat "$scratch/serve.log"
  exit 1
}
# json PATH : what stands there in the JSON on stdin ("a.b.0.c"; names with dots in them between bars: "a|b.txt")
json() {
  python3 -c 'import json,sys
value = json.load(sys.stdin)
separator = "|" if "|" in sys.argv[1] else "."
for name in sys.argv[1].split(separator):
    value = value[int(name)] if isinstance(value, list) else (value or {}).get(name)
print("" if value is None else value)' "$1" 2>/dev/null
}
token() {
  curl -sS --cacert "$state/tls/ca.pem" -d grant_type=client_credentials -d client_id=10ca1000-0000-4000-8000-000000000003 \
    -d client_secret=local-cloud-only -d scope=https://management.azure.com/.default \
    "$base/10ca1000-0000-4000-8000-000000000001/oauth2/v2.0/token" | json access_token
}
# arm METHOD PATH [BODY] : the answer's body
arm() {
  local query="?"
  [[ $2 == *\?* ]] && query="&"
  curl -sS --cacert "$state/tls/ca.pem" -X "$1" -H "Authorization: Bearer $bearer" -H "Content-Type: application/json" \
    ${3:+-d "$3"} "$base$2${query}api-version=2024-04-01"
}
# soon NAME WANTED COMMAND... : within half a minute
soon() {
  local name=$1 wanted=$2 got=""
  shift 2
  for _ in $(seq 300); do
    got=$("$@" 2>&1)
    [ "$got" = "$wanted" ] && { same "$name" "$got" "$wanted"; return; }
    sleep 0.1
  done
  same "$name" "$got" "$wanted"
}
state_of() { arm GET "$1" | json properties.provisioningState; }
status_of() { arm GET "$ws/jobs/$1" | json properties.status; }
nodes_of() { arm GET "$ws/computes/cpu" | json properties.properties.currentNodeCount; }
details() { curl -sS --cacert "$state/tls/ca.pem" -H "Authorization: Bearer $bearer" "$base/history/v1.0$ws/runs/$1/details"; }
log_of() { # log_of JOB FILE
  local url
  url=$(details "$1" | json "logFiles|$2")
  [ -n "$url" ] && curl -sS --cacert "$state/tls/ca.pem" "$url"
}
says() { log_of "$1" "$2" | grep -c "$3"; }
# A process that has ended may wait to be collected by whoever is the first process here.
runs() { [ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" && echo runs; }
submit() { # submit NAME COMMAND [MORE PROPERTIES]
  arm PUT "$ws/jobs/$1" "{\"properties\":{\"jobType\":\"Command\",\"command\":\"$2\",\"computeId\":\"$ws/computes/cpu\",
    \"environmentId\":\"$ws/environments/host/versions/1\"${3:-}}}"
}

group=/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/ml-rg
ws=$group/providers/Microsoft.MachineLearningServices/workspaces/lab
storage=$group/providers/Microsoft.Storage/storageAccounts/mllab
vault=$group/providers/Microsoft.KeyVault/vaults/ml-vault
insights=$group/providers/Microsoft.Insights/components/ml-insights

serve 0
base=https://localhost:$port
bearer=$(token)
arm PUT "$group" '{"location":"westus2"}' >/dev/null
arm PUT "$storage" '{"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}}' >/dev/null
arm PUT "$vault" '{"location":"westus2","properties":{"tenantId":"10ca1000-0000-4000-8000-000000000001","sku":{"family":"A","name":"standard"},"accessPolicies":[]}}' >/dev/null
arm PUT "$insights" '{"location":"westus2","kind":"web","properties":{"Application_Type":"web"}}' >/dev/null
soon "the storage account is there" Succeeded state_of "$storage"
soon "the vault is there" Succeeded state_of "$vault"
arm PUT "$ws" "{\"location\":\"westus2\",\"identity\":{\"type\":\"SystemAssigned\"},\"properties\":{\"storageAccount\":\"$storage\",\"keyVault\":\"$vault\",\"applicationInsights\":\"$insights\"}}" >/dev/null
soon "the workspace is there" Succeeded state_of "$ws"
arm PUT "$ws/computes/cpu" '{"location":"westus2","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"minNodeCount":0,"maxNodeCount":2,"nodeIdleTimeBeforeScaleDown":"PT10H"}}}}' >/dev/null
soon "the cluster is there" Succeeded state_of "$ws/computes/cpu"
arm PUT "$ws/environments/host/versions/1" '{"properties":{"image":"host"}}' >/dev/null

# Code, as a client uploads it.
pending=$(arm POST "$ws/codes/c0de/versions/1/startPendingUpload" '{}')
folder=$(json blobReferenceForConsumption.blobUri <<<"$pending")
sas=$(json blobReferenceForConsumption.credential.sasUri <<<"$pending")
cat >"$scratch/train.sh" <<'SH'
echo "rate $1, rank ${RANK:-none} of ${WORLD_SIZE:-1} in $AZUREML_ARM_WORKSPACE_NAME"
mkdir -p "$2"
echo "weights of ${RANK:-0}" >"$2/model.${RANK:-0}"
SH
same "code goes up by its SAS" "$(curl -sS -o /dev/null -w '%{http_code}' --cacert "$state/tls/ca.pem" -T "$scratch/train.sh" -H 'x-ms-blob-type: BlockBlob' "$folder/train.sh?${sas#*\?}")" 201
same "and nowhere without it" "$(curl -sS -o /dev/null -w '%{http_code}' --cacert "$state/tls/ca.pem" -T "$scratch/train.sh" -H 'x-ms-blob-type: BlockBlob' "$folder/train.sh")" 409
arm PUT "$ws/codes/c0de/versions/1" "{\"properties\":{\"codeUri\":\"$folder\"}}" >/dev/null

same "a cluster begins without nodes" "$(nodes_of)" 0
submit first 'bash train.sh ${{inputs.rate}} ${{outputs.model}}' ",\"codeId\":\"$ws/codes/c0de/versions/1\",
  \"inputs\":{\"rate\":{\"jobInputType\":\"literal\",\"value\":\"0.1\"}},\"outputs\":{\"model\":{\"jobOutputType\":\"uri_folder\"}},
  \"resources\":{\"instanceCount\":2},\"distribution\":{\"distributionType\":\"PyTorch\",\"processCountPerInstance\":1}" >/dev/null
soon "a job on two nodes completes" Completed status_of first
holds "rank 1 has said what it was" "$(log_of first user_logs/std_log_process_1.txt)" "rate 0.1, rank 1 of 2 in lab"
secrets=$(arm POST "$ws/datastores/workspaceblobstore/listSecrets" | json secretsType)
same "the default datastore has its key" "$secrets" AccountKey
same "both nodes are there still" "$(nodes_of)" 2
soon "and go when idle" 0 nodes_of

submit slow 'echo begun; sleep 1000' >/dev/null
soon "a log can be followed while it is written" 1 says slow user_logs/std_log.txt begun
job=$(pgrep -f 'echo begun; sleep 1000' | sort -n | tail -1)
{ kill -9 "$server" && wait "$server"; } 2>/dev/null
same "a kill of the cloud leaves the job running" "$(runs "$job")" runs
serve "$port"
bearer=$(token)
same "which the next one finds" "$(status_of slow)" Running
same "and has not started twice" "$(says slow user_logs/std_log.txt begun)" 1
arm POST "$ws/jobs/slow/cancel" >/dev/null
soon "a canceled job ends" Canceled status_of slow
same "with its process" "$(runs "$job")" ""

submit bad 'echo oops >&2; exit 7' >/dev/null
soon "a failing script fails its job" Failed status_of bad
holds "which says why" "$(details bad | json error.error.message)" "exited with status code 7"
holds "and what it said" "$(log_of bad user_logs/std_log.txt)" oops
submit late 'sleep 1000' ',"limits":{"jobLimitsType":"Command","timeout":"PT1S"}' >/dev/null
soon "a job ends at its time limit" Canceled status_of late

# The same on an AKS cluster that is attached to the workspace.
aks=$group/providers/Microsoft.ContainerService/managedClusters/ml-aks
extension=$aks/providers/Microsoft.KubernetesConfiguration/extensions/azureml
arm PUT "$aks" '{"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"dnsPrefix":"ml","agentPoolProfiles":[{"name":"pool","count":1,"vmSize":"Standard_D4_v3","mode":"System"}]}}' >/dev/null
soon "an AKS cluster is there" Succeeded state_of "$aks"
arm PUT "$extension" '{"properties":{"extensionType":"microsoft.azureml.kubernetes","scope":{"cluster":{"releaseNamespace":"azureml"}},"configurationSettings":{"enableTraining":"True"}}}' >/dev/null
soon "with the extension" Succeeded state_of "$extension"
arm PUT "$ws/computes/aks" "{\"properties\":{\"computeType\":\"Kubernetes\",\"resourceId\":\"$aks\",\"properties\":{\"namespace\":\"default\"}}}" >/dev/null
soon "it is attached" Succeeded state_of "$ws/computes/aks"
arm PUT "$ws/jobs/pods-aks" "{\"properties\":{\"jobType\":\"Command\",\"command\":\"bash train.sh \$(printf 0.%s 2) \${{outputs.model}}\",\"computeId\":\"$ws/computes/aks\",
  \"environmentId\":\"$ws/environments/host/versions/1\",\"codeId\":\"$ws/codes/c0de/versions/1\",\"outputs\":{\"model\":{\"jobOutputType\":\"uri_folder\"}}}}" >/dev/null
soon "a job runs there as a pod" Completed status_of pods-aks
holds "with its code" "$(log_of pods-aks user_logs/std_log.txt)" "rate 0.2, rank none of 1 in lab"

printf '%d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
