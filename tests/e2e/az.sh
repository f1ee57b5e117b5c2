#!/usr/bin/env bash
# The real az of Debian (azure-cli 2.45) against `drover cloud serve`: the predictive-scaling workshop's own command
# lines, what Azure would refuse, a server that is killed, and the same world seen by az and by Drover.
#   tests/e2e/az.sh BINARY      DROVER_SHARED: where tools/az-2.45-fixes lies     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: az.sh BINARY}")
shared=${DROVER_SHARED:-$(dirname "$0")/../../../shared}
fixes=$(realpath -m "$shared/tools/az-2.45-fixes")

command -v az >/dev/null || { echo "skipped: az is not installed (./dev setup all)"; exit 0; }
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 0; }

. "$(dirname "$(realpath "$0")")/lib.sh"

# query NAME WANTED COMMAND... : az's answer, cut down by its own --query to a line of values
query() {
  local name=$1 wanted=$2 got
  shift 2
  got=$(timeout 60 "$@" -o tsv 2>&1 </dev/null | tr '\t\n' '  ')
  same "$name" "${got% }" "$wanted"
}
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"; }

# --- the server -----------------------------------------------------------------------------------------------------
state=$scratch/served
serve() { # serve PORT
  rm -f "$state/cloud-serve.json"
  serve_cloud "$1" 600 100
  for _ in $(seq 100); do [ -s "$state/cloud-serve.json" ] && return; sleep 0.05; done
}
serve 0
pass "drover cloud serve listens"
port=$(field "$state/cloud-serve.json" port)
ca=$(field "$state/cloud-serve.json" ca)
cloud_json=$(field "$state/cloud-serve.json" cloud_json)
tenant=$(field "$state/cloud-serve.json" tenant)
client=$(field "$state/cloud-serve.json" client_id)
secret=local-cloud-only

export HOME=$scratch/home AZURE_CONFIG_DIR=$scratch/az AZURE_CORE_COLLECT_TELEMETRY=0 REQUESTS_CA_BUNDLE=$ca
export AZURE_CORE_NO_COLOR=1 AZURE_CORE_ONLY_SHOW_ERRORS=1
unset HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY all_proxy PYTHONPATH
mkdir -p "$HOME" "$AZURE_CONFIG_DIR"
base=mms4721
group=$base-AML-RG

# --- log in (a cloud of its own, AD FS style) ------------------------------------------------------------------------
expect "cloud register" 0 az cloud register -n Drover --cloud-config "@$cloud_json"
expect "cloud set" 0 az cloud set -n Drover
expect "login with a wrong secret is refused" 1 az login --service-principal -u "$client" -p wrong --tenant "$tenant"
holds "  and says why" "$err" "AADSTS7000215"
expect "login --service-principal" 0 az login --service-principal -u "$client" -p "$secret" --tenant "$tenant"
query "account show" "Enabled $tenant" az account show --query "[state,tenantId]"

# --- the workshop's script -------------------------------------------------------------------------------------------
expect "group create" 0 az group create --name $group --location eastus
query "group show" "eastus Succeeded" az group show --name $group --query "[location,properties.provisioningState]"
for namespace in Network Compute Storage; do
  expect "provider register Microsoft.$namespace" 0 az provider register --namespace Microsoft.$namespace
done
expect "provider register --wait" 0 az provider register --namespace Microsoft.Storage --wait
query "provider show" "Registered" az provider show --namespace Microsoft.Storage --query registrationState
expect "ad sp create-for-rbac" 0 az ad sp create-for-rbac --name atmsdevdayapp -o json
printf '%s' "$out" >"$scratch/sp.json"
app=$(field "$scratch/sp.json" appId)
password=$(field "$scratch/sp.json" password)
query "ad sp list" "$app" az ad sp list --display-name atmsdevdayapp --query "[].appId"
if [ -d "$fixes" ]; then
  expect "ad sp create-for-rbac --role (with the fix for Debian's az)" 0 env PYTHONPATH="$fixes" az ad sp create-for-rbac \
    --name ci --role Contributor --scopes "$(az group show --name $group --query id -o tsv)"
  got=$(PYTHONPATH=$fixes timeout 60 az role assignment list -g $group --query "[].roleDefinitionName" -o tsv 2>&1)
  same "role assignment list" "$got" "Contributor"
else
  skip "ad sp create-for-rbac --role" "the fixes for Debian's az 2.45 are not at $fixes"
fi
expect "storage account create" 0 az storage account create -n ${base}amlsa -g $group -l eastus --sku Standard_LRS
query "storage account show" "Standard_LRS Succeeded" az storage account show -n ${base}amlsa -g $group --query "[sku.name,provisioningState]"
query "storage account keys list" "key1 key2" az storage account keys list -n ${base}amlsa -g $group --query "[].keyName"
expect "aks create" 0 az aks create --resource-group $group \
  --name atDevDayCluster \
  --service-principal "$app" \
  --client-secret "$password" \
  --node-count 1 \
  --vm-set-type VirtualMachineScaleSets \
  --enable-cluster-autoscaler \
  --generate-ssh-keys \
  --node-vm-size Standard_D2_v3 \
  --min-count 1 \
  --max-count 2
pool="agentPoolProfiles[0]"
query "aks show" "Succeeded $app nodepool1 1 true 1 2 Standard_D2_v3" az aks show -g $group -n atDevDayCluster \
  --query "[provisioningState,servicePrincipalProfile.clientId,$pool.name,$pool.count,$pool.enableAutoScaling,$pool.minCount,$pool.maxCount,$pool.vmSize]"

# --- what Azure refuses ----------------------------------------------------------------------------------------------
expect "aks scale is refused while the autoscaler is on" 1 az aks scale -g $group -n atDevDayCluster --node-count 2
holds "  and says why" "$err" "autoscaler enabled"
pool_url=$(az aks show -g $group -n atDevDayCluster --query id -o tsv)/agentPools/nodepool1
expect "so is the call behind it, by the service" 1 az rest --method put --url "$pool_url?api-version=2022-11-01" \
  --body '{"properties":{"count":2,"enableAutoScaling":true,"minCount":1,"maxCount":1,"vmSize":"Standard_D2_v3","mode":"System"}}'
holds "  with Azure's error" "$err" "Cannot scale cluster autoscaler enabled node pool"
expect "a cluster that is not there" 3 az aks show -g $group -n nosuch
holds "  is named" "$err" "ResourceNotFound"
expect "a group that is not there" 3 az group show -n nosuch
holds "  is named" "$err" "ResourceGroupNotFound"
expect "a pool name that begins with a digit" 1 az aks nodepool add -g $group --cluster-name atDevDayCluster -n 1pool
holds "  is refused by the service" "$err" "InvalidParameter"
expect "a storage account name with capitals" 1 az storage account create -n Mms4721 -g $group -l eastus
query "none of it changed anything" "1 true 1 2" az aks show -g $group -n atDevDayCluster \
  --query "[$pool.count,$pool.enableAutoScaling,$pool.minCount,$pool.maxCount]"

# --- scaling by hand -------------------------------------------------------------------------------------------------
expect "aks update --disable-cluster-autoscaler" 0 az aks update --resource-group $group --name atDevDayCluster --disable-cluster-autoscaler
query "  leaves one node, and no range" "false 1 None" az aks show -g $group -n atDevDayCluster --query "[$pool.enableAutoScaling,$pool.count,$pool.minCount]"
expect "aks scale" 0 az aks scale -g $group -n atDevDayCluster --node-count 2
query "aks nodepool list" "nodepool1 2 Succeeded" az aks nodepool list -g $group --cluster-name atDevDayCluster --query "[].[name,count,provisioningState]"
expect "aks nodepool scale" 0 az aks nodepool scale -g $group --cluster-name atDevDayCluster -n nodepool1 -c 1
query "aks nodepool show" "1 false" az aks nodepool show -g $group --cluster-name atDevDayCluster -n nodepool1 --query "[count,enableAutoScaling]"
expect "aks get-credentials" 0 az aks get-credentials -g $group -n atDevDayCluster -f "$scratch/kubeconfig"
got=$(python3 -c 'import sys,yaml; c=yaml.safe_load(open(sys.argv[1])); print(c["current-context"], c["clusters"][0]["cluster"]["server"].split(":")[0], sorted(c["users"][0]["user"]) != [])' "$scratch/kubeconfig" 2>&1)
same "  is a kubeconfig" "$got" "atDevDayCluster https True"

# --- what az made, Drover sees ---------------------------------------------------------------------------------------
estate() { # estate NODES EXTRA : the same things as az made, and EXTRA
  cat <<YAML
estate: devday
cloud: azure
accounts:
  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: $tenant, location: eastus, group: $group}
providers: [Microsoft.Network, Microsoft.Compute, Microsoft.Storage]
storage:
  ${base}amlsa: {containers: [$2]}
clusters:
  atDevDayCluster:
    pools:
      nodepool1: {size: Standard_D2_v3, nodes: $1}
$3
YAML
}
drover=(env DROVER_STATE="$scratch/driving" DROVER_CA_FILE="$ca" AZURE_CLIENT_ID="$client" AZURE_CLIENT_SECRET="$secret")
direct=("${drover[@]}" DROVER_ARM_ENDPOINT="https://localhost:$port" DROVER_AUTHORITY="https://localhost:$port"
  DROVER_GRAPH_ENDPOINT="https://graph.localhost:$port" DROVER_BLOB_ENDPOINT="https://localhost:$port/{account}" "$binary")
estate 1 "" "" >"$scratch/estate.yaml"
expect "drover plan finds what az made" 0 "${direct[@]}" plan "$scratch/estate.yaml"
holds "  all of it" "$out" "0 to create, 0 to change, 0 to delete"
holds "  and adopts it" "$out" "found existing"
expect "drover apply adopts it" 0 "${direct[@]}" apply --yes "$scratch/estate.yaml"
expect "az scales behind Drover's back" 0 az aks scale -g $group -n atDevDayCluster --node-count 2
expect "drover plan sees the drift" 2 "${direct[@]}" plan --detailed-exitcode "$scratch/estate.yaml"
holds "  as a change of the pool" "$out" "1 to change"

# --- a killed server keeps its world ---------------------------------------------------------------------------------
expect "aks nodepool add --no-wait" 0 az aks nodepool add -g $group --cluster-name atDevDayCluster -n doomed -c 1 --no-wait
{ kill -9 "$server" && wait "$server"; } 2>/dev/null
expect "the server is gone" 1 timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
serve "$port"
pass "it starts again after kill -9, on the same port"
expect "  and goes on with what was under way" 0 az aks nodepool wait -g $group --cluster-name atDevDayCluster -n doomed --created --interval 1 --timeout 30
query "  and has everything else" "nodepool1 2 Succeeded doomed 1 Succeeded" az aks nodepool list -g $group --cluster-name atDevDayCluster --query "sort_by([],&vmSize)[].[name,count,provisioningState]"
expect "aks nodepool delete" 0 az aks nodepool delete -g $group --cluster-name atDevDayCluster -n doomed

# --- what Drover applied, az shows -----------------------------------------------------------------------------------
estate 1 modeldata "      extra: {size: Standard_D2_v3, nodes: 3}" >"$scratch/estate.yaml"
expect "drover apply makes a pool and a container, and sets nodes back" 0 "${direct[@]}" apply --yes "$scratch/estate.yaml"
query "az shows the pools" "extra 3 nodepool1 1" az aks nodepool list -g $group --cluster-name atDevDayCluster --query "sort_by([],&name)[].[name,count]"
expect "drover plan then has nothing to do" 0 "${direct[@]}" plan --detailed-exitcode "$scratch/estate.yaml"

# --- a vault that az deletes stays in Azure, and keeps its name -----------------------------------------------------
vault() { { cat "$scratch/estate.yaml"; printf 'vaults:\n  kv-%s: {soft_deleted: %s}\n' "$base" "$1"; } >"$scratch/vault.yaml"; }
vault refuse
expect "drover apply makes a key vault" 0 "${direct[@]}" apply --yes "$scratch/vault.yaml"
query "az shows it" "kv-$base" az keyvault list -g $group --query "[].name"
expect "az keyvault delete" 0 az keyvault delete -n "kv-$base" -g $group
expect "drover apply refuses to make it again" 1 "${direct[@]}" apply --yes "$scratch/vault.yaml"
holds "  and says why" "$err" "still lies in Azure and holds the name"
vault recover
expect "told to recover it, it does" 0 "${direct[@]}" apply --yes "$scratch/vault.yaml"
query "  and az shows it again" "kv-$base" az keyvault list -g $group --query "[].name"
query "  with nothing left deleted" "" az keyvault list-deleted --query "[].name"
expect "az keyvault delete again" 0 az keyvault delete -n "kv-$base" -g $group
vault purge
expect "told to purge it, it makes a new one" 0 "${direct[@]}" apply --yes "$scratch/vault.yaml"
query "  and nothing is left deleted" "" az keyvault list-deleted --query "[].name"
expect "out of the estate, it goes" 0 "${direct[@]}" apply --yes "$scratch/estate.yaml"
query "  and az shows it no more" "" az keyvault list -g $group --query "[].name"

# --- in place of Azure, through the proxy: the data plane too -------------------------------------------------------
export AZURE_CONFIG_DIR=$scratch/az-proxied HTTPS_PROXY=http://localhost:$port
expect "login through the proxy, as to Azure itself" 0 az login --service-principal -u "$client" -p "$secret" --tenant "$tenant"
key=$(az storage account keys list -n ${base}amlsa -g $group --query "[0].value" -o tsv)
query "az shows the container that Drover made" "modeldata" az storage container list --account-name ${base}amlsa --account-key "$key" --query "[].name"
printf 'a\tb\n' >"$scratch/blob.tsv"
expect "az uploads a blob" 0 az storage blob upload --account-name ${base}amlsa --account-key "$key" -c modeldata -n log.tsv -f "$scratch/blob.tsv"
expect "az downloads it" 0 az storage blob download --account-name ${base}amlsa --account-key "$key" -c modeldata -n log.tsv -f "$scratch/back.tsv"
same "  unchanged" "$(sha256sum <"$scratch/back.tsv")" "$(sha256sum <"$scratch/blob.tsv")"
expect "drover reaches it through the proxy too" 0 "${drover[@]}" "$binary" plan "$scratch/estate.yaml"
holds "  and sees the same" "$out" "nothing to do"
sed "s/group: $group}/group: $group, credential: {az: true}}/" "$scratch/estate.yaml" >"$scratch/as-az.yaml"
as_az=(env DROVER_STATE="$scratch/as-az" DROVER_CA_FILE="$ca" "$binary")
expect "drover plan with the token of the az that is logged in" 0 "${as_az[@]}" plan "$scratch/as-az.yaml"
holds "  sees all of it" "$out" "0 to create, 0 to change, 0 to delete"
unset HTTPS_PROXY
export AZURE_CONFIG_DIR=$scratch/az

# --- the end ---------------------------------------------------------------------------------------------------------
expect "group delete" 0 az group delete -y --name $group
expect "  takes the group" 3 az group show --name $group
query "  and all in it" "" az resource list --query "[].name"
kill -TERM "$server"
wait "$server"
same "the server ends cleanly when asked" "$? $(tail -n 1 "$scratch/serve.log" | cut -d';' -f1)" "0 stopped"
server=""

tell
