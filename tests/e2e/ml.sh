#!/usr/bin/env bash
# Training jobs in the ML workspace of `drover cloud serve`, by curl alone: code uploaded through a SAS, real processes on
# nodes that come and go, logs that follow, a cancel, a kill -9 of the cloud in the middle.
#   tests/e2e/ml.sh BINARY     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: ml.sh BINARY}")
for tool in curl python3; do command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }; done
bwrap --unshare-pid --ro-bind / / --proc /proc --dev /dev true 2>/dev/null || { echo "skipped: processes cannot be isolated here"; exit 0; }
. "$(dirname "$(realpath "$0")")/lib.sh"
state=$scratch/served
nodes_of() { arm GET "$ws/computes/cpu" | json properties.properties.currentNodeCount; }
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

serve_cloud 0 6000
log_in
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
serve_cloud "$port" 6000
log_in
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

tell
