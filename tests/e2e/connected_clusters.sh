#!/usr/bin/env bash
# Training on a cluster that is connected through Azure Arc: a cluster of the local cloud is joined by its agents' config
# map with kubectl, gets the AzureML extension, is attached to a workspace, and runs jobs; stopped, jobs say why they wait.
#   tests/e2e/connected_clusters.sh BINARY KUBECTL     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: connected_clusters.sh BINARY KUBECTL}")
kubectl=$(realpath "${2:?}")
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 0; }
bwrap --unshare-pid --ro-bind / / --proc /proc --dev /dev true 2>/dev/null || { echo "skipped: processes cannot be isolated here"; exit 0; }
. "$(dirname "$(realpath "$0")")/lib.sh"
clean_up() { (cd "$scratch" && "$binary" serve --stop) >/dev/null 2>&1; }
unset DROVER_SERVE DROVER_STATE KUBECONFIG
cd "$scratch" || exit 1
cat >estate.yaml <<'YAML'
estate: trial
cloud: azure
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: trial-rg
workspace: triallab
clusters:
  kubes:
    pools:
      nodepool1: {size: Standard_D4_v3, nodes: 2}
YAML
cat >job.yml <<'YAML'
command: echo "on the site" && cp ${{inputs.data}} ${{outputs.model}}/weights
environment: {image: host}
compute: azureml:site
inputs:
  data: {type: uri_file, path: ./data.csv}
outputs:
  model: {type: uri_folder}
YAML
echo "the data" >data.csv
serve_cloud 0 6000
export "${azure[@]:2}" # all but the state folder
"$binary" apply --yes >apply.log 2>&1 || { cat apply.log; exit 1; }
"$binary" kubeconfig kubes --out kubeconfig || exit 1
kube() { "$kubectl" --kubeconfig "$scratch/kubeconfig" "$@"; }
log_in
group=/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/trial-rg
below=$(arm GET $group/providers/Microsoft.ContainerService/managedClusters | json value.0.id)
ws=$(arm GET $group/providers/Microsoft.MachineLearningServices/workspaces | json value.0.id)
site=$group/providers/Microsoft.Kubernetes/connectedClusters/site
connectivity() { arm GET $site | json properties.connectivityStatus; }
extend() {
  arm PUT $site/providers/Microsoft.KubernetesConfiguration/extensions/azureml '{"properties":{
    "extensionType":"microsoft.azureml.kubernetes","configurationSettings":{"enableTraining":"True"}}}'
}
attach() {
  arm PUT "$ws/computes/site" '{"location":"eastus","properties":{"computeType":"Kubernetes","resourceId":"'$site'"}}'
}

arm PUT $site '{"location":"eastus","identity":{"type":"SystemAssigned"},"properties":{"agentPublicKeyCertificate":"MIICCgKC"}}' >/dev/null
soon "a connected cluster is made" Succeeded state_of $site
same "without its agents it is not connected" "$(connectivity)" Connecting
holds "and takes no extension" "$(extend)" "its connectivity status is Connecting"
holds "nor can it be attached" "$(attach)" "no agent runs"
kube create namespace azure-arc >/dev/null
kube -n azure-arc create configmap azure-clusterconfig --from-literal=AZURE_RESOURCE_NAME=site --from-literal=AZURE_RESOURCE_GROUP=trial-rg \
  --from-literal=AZURE_SUBSCRIPTION_ID=10ca1000-0000-4000-8000-000000000002 >/dev/null
soon "their config map connects it" Connected connectivity
same "with the nodes of the cluster below" "$(arm GET $site | json properties.totalNodeCount)" 2
same "and their cores" "$(arm GET $site | json properties.totalCoreCount)" 8
holds "without the extension it is not attached" "$(attach)" "extension is not installed"
extend >/dev/null
soon "the extension is installed" Succeeded state_of $site/providers/Microsoft.KubernetesConfiguration/extensions/azureml
attach >/dev/null
soon "and the cluster attached" Succeeded state_of "$ws/computes/site"

said=$(timeout 120 "$binary" job submit job.yml --environment host --wait 2>&1)
same "a job on it completes" "$?" 0
holds "its log came along" "$said" "on the site"
"$binary" job download "$(sed -n 's/^Job \([0-9a-f]*\).*/\1/p' <<<"$said" | head -1)" --out got >/dev/null
same "its output came back" "$(cat got/model/weights)" "the data"
holds "it ran on nodes of the cluster below" "$(kube get events -A)" "Successfully assigned default/aml-"

arm POST "$below/stop" >/dev/null
soon "stopped, the cluster is not heard of" Offline connectivity
last=$(arm GET $site | json properties.lastConnectivityTime)
"$binary" serve --background >/dev/null
id=$(timeout 60 "$binary" job submit job.yml --environment host 2>&1 | sed -n 's/^Job \([0-9a-f]*\).*/\1/p' | head -1)
soon_says "a job says why it waits for it" "the cluster is stopped (kubes" "$binary" job why "$id"
holds "and since when" "$("$binary" job why "$id" 2>&1)" "last heard of at $last"
same "which stands still" "$(arm GET $site | json properties.lastConnectivityTime)" "$last"
arm POST "$below/start" >/dev/null
soon "started, it is connected" Connected connectivity
soon_says "and the job runs to its end" completed "$binary" job show "$id"

kube -n azure-arc delete configmap azure-clusterconfig >/dev/null
soon "without its agents it falls silent" Offline connectivity
arm DELETE $site >/dev/null
soon "it is deleted" ResourceNotFound eval "arm GET $site | json error.code"
tell
