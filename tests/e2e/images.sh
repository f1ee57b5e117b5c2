#!/usr/bin/env bash
# Images in the local cloud: pods and training jobs whose root is an OCI image, fetched by the real skopeo and unpacked by
# the real umoci, from a layout and from a registry that asks who one is. Offline: the image is made here, of a static busybox.
#   tests/e2e/images.sh BINARY KUBECTL BUSYBOX REGISTRY     REGISTRY: docker-registry; KEEP=1: keep the scratch folder
set -uo pipefail
usage="usage: images.sh BINARY KUBECTL BUSYBOX REGISTRY"
binary=$(realpath "${1:?$usage}") kubectl=$(realpath "${2:?$usage}") busybox=$(realpath "${3:?$usage}") registry=$(realpath "${4:?$usage}")
for tool in curl python3 skopeo umoci; do command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }; done
bwrap --unshare-pid --ro-bind / / --proc /proc --dev /dev true 2>/dev/null || { echo "skipped: processes cannot be isolated here"; exit 0; }
. "$(dirname "$(realpath "$0")")/lib.sh"
state=$scratch/served
registry_process=""
clean_up() { [ -n "$registry_process" ] && { kill "$registry_process" && wait "$registry_process"; } 2>/dev/null; }

# --- an image ---------------------------------------------------------------------------------------------------------
layout=$scratch/layout root=$scratch/root
mkdir -p "$root/usr/bin" "$root/etc" "$root/data"
ln -s usr/bin "$root/bin"
cp "$busybox" "$root/usr/bin/busybox"
for name in sh ls cat env sleep id touch readlink mkdir; do ln -s /bin/busybox "$root/usr/bin/$name"; done
echo "from the image" >"$root/etc/motd"
echo "of the image" >"$root/data/kept"
umoci init --layout "$layout" && umoci new --image "$layout:1" && umoci insert --image "$layout:1" "$root" / &&
  umoci config --image "$layout:1" --config.entrypoint /bin/sh --config.entrypoint -c --config.cmd 'cat /etc/motd; pwd; echo $GREETING $HOME' \
    --config.env GREETING=hello --config.env PATH=/usr/bin --config.workingdir /work || exit 1
image=oci:$layout:1

# --- a registry that lets only one user in --------------------------------------------------------------------------------
registry_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 -W ignore -c 'import crypt; print("reader:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=2**5)))' >"$scratch/htpasswd"
cat >"$scratch/registry.yml" <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $scratch/registry}}
http: {addr: "127.0.0.1:$registry_port"}
auth: {htpasswd: {realm: test, path: $scratch/htpasswd}}
YAML
"$registry" serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
registry_process=$!
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$registry_port") 2>/dev/null && break; sleep 0.1; done
remote=localhost:$registry_port/team/box:1
skopeo --insecure-policy copy --quiet --dest-tls-verify=false --dest-creds reader:secret "$image" "docker://$remote" || { cat "$scratch/registry.log"; exit 1; }
printf '{"auths": {"localhost:%s": {"auth": "%s"}}}' "$registry_port" "$(printf reader:secret | base64)" >"$scratch/auth.json"
export REGISTRY_AUTH_FILE=$scratch/auth.json

# --- a cluster and a workspace ----------------------------------------------------------------------------------------
serve_cloud 0 6000
log_in
group=/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/ml-rg
ws=$group/providers/Microsoft.MachineLearningServices/workspaces/lab
storage=$group/providers/Microsoft.Storage/storageAccounts/mllab
vault=$group/providers/Microsoft.KeyVault/vaults/ml-vault
insights=$group/providers/Microsoft.Insights/components/ml-insights
aks=$group/providers/Microsoft.ContainerService/managedClusters/ml-aks
arm PUT "$group" '{"location":"westus2"}' >/dev/null
arm PUT "$storage" '{"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}}' >/dev/null
arm PUT "$vault" '{"location":"westus2","properties":{"tenantId":"10ca1000-0000-4000-8000-000000000001","sku":{"family":"A","name":"standard"},"accessPolicies":[]}}' >/dev/null
arm PUT "$insights" '{"location":"westus2","kind":"web","properties":{"Application_Type":"web"}}' >/dev/null
arm PUT "$aks" '{"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"dnsPrefix":"ml","agentPoolProfiles":[{"name":"pool","count":1,"vmSize":"Standard_D4_v3","mode":"System"}]}}' >/dev/null
soon "the storage account is there" Succeeded state_of "$storage"
soon "the vault is there" Succeeded state_of "$vault"
arm PUT "$ws" "{\"location\":\"westus2\",\"identity\":{\"type\":\"SystemAssigned\"},\"properties\":{\"storageAccount\":\"$storage\",\"keyVault\":\"$vault\",\"applicationInsights\":\"$insights\"}}" >/dev/null
soon "the workspace is there" Succeeded state_of "$ws"
soon "the AKS cluster is there" Succeeded state_of "$aks"
arm POST "$aks/listClusterUserCredential" | json kubeconfigs.0.value | base64 -d >"$scratch/kubeconfig"
in_cluster() { "$kubectl" --kubeconfig "$scratch/kubeconfig" --cache-dir "$scratch/cache" "$@"; }
nodes() { in_cluster get nodes --no-headers | grep -c ' Ready'; }
soon "and has its node" 1 nodes

# --- pods -------------------------------------------------------------------------------------------------------------
pod() { # pod NAME IMAGE [MORE OF ITS CONTAINER [MORE OF ITS SPEC]]
  in_cluster create -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "$1"}, "spec": {"restartPolicy": "Never",
 "containers": [{"name": "main", "image": "$2", "imagePullPolicy": "IfNotPresent"${3:-}}]${4:-}}}
JSON
}
phase() { in_cluster get pod "$1" -o 'jsonpath={.status.phase}'; }
waits() { in_cluster get pod "$1" -o 'jsonpath={.status.containerStatuses[0].state.waiting.reason}'; }
why() { in_cluster get pod "$1" -o 'jsonpath={.status.containerStatuses[0].state.waiting.message}'; }
reasons() { in_cluster get events --field-selector "involvedObject.name=$1" -o 'jsonpath={.items[*].reason}'; }

pod plain "$image"
soon "a pod runs what its image says" Succeeded phase plain
same "in its files, its folder and its environment" "$(in_cluster logs plain)" "from the image
/work
hello /tmp"
holds "and tells of the pull" "$(reasons plain)" Pulling
pod told "$image" ', "command": ["sh", "-c", "echo $(GREETING) $0; cat /data/new /data/kept; touch /usr/x /tmp/y /z; ls /home /root 2>&1 | cat; [ -e /etc/passwd ] || echo alone; id -u"], "args": ["again"], "workingDir": "/data"'
soon "another says more, without a second pull" Succeeded phase told
log=$(in_cluster logs told)
holds "its command and args go before the image's" "$log" "hello again"
holds "it sees the image" "$log" "of the image"
holds "which it cannot change" "$log" "/usr/x: Read-only file system"
holds "and nothing of this machine" "$log" alone
same "what it made is not the image's" "$(cd "$state"/images/*/bundle/rootfs && ls -d z tmp/y 2>/dev/null)" ""
case "$(reasons told)" in *Pulling*) same "the image was here" pulled kept ;; *) same "the image was here" kept kept ;; esac
in_cluster create configmap settings --from-literal="new=mounted " >/dev/null
pod mounts "$image" ', "command": ["sh", "-c", "cat /data/kept /data/below/new /etc/settings/new; echo made >/scratch/deep/file; cat /scratch/deep/file"], "volumeMounts": [{"name": "s", "mountPath": "/data/below"}, {"name": "s", "mountPath": "/etc/settings"}, {"name": "e", "mountPath": "/scratch/deep"}]' \
  ', "volumes": [{"name": "s", "configMap": {"name": "settings"}}, {"name": "e", "emptyDir": {}}]'
soon "volumes lie where the image has no place for them" Succeeded phase mounts
same "beside what it has" "$(in_cluster logs mounts)" "of the image
mounted mounted made"
pod late "$image" ', "command": ["no-such-program"]'
soon "a command that the image has not fails its pod" Failed phase late

pod remote "$remote"
soon "an image comes from a registry as well" Succeeded phase remote
holds "and runs" "$(in_cluster logs remote)" "from the image"
pod absent "localhost:$registry_port/team/none:1"
soon "where another is not" ImagePullBackOff waits absent
holds "which it says" "$(why absent)" "manifest unknown"

pod missing "oci:$layout:2"
soon "an image that is nowhere is tried again and again" ImagePullBackOff waits missing
holds "in skopeo's words" "$(why missing)" "no descriptor found for reference"
holds "which the events have as well" "$(in_cluster describe pod missing)" "Failed to pull image"
pod unread "Not/An Image"
soon "what is no reference is told at once" InvalidImageName waits unread
umoci tag --image "$layout:1" 2 >/dev/null
soon "an image that comes is found" Succeeded phase missing

# --- jobs -------------------------------------------------------------------------------------------------------------
arm PUT "$ws/computes/cpu" '{"location":"westus2","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"minNodeCount":0,"maxNodeCount":2,"nodeIdleTimeBeforeScaleDown":"PT10H"}}}}' >/dev/null
soon "a compute cluster is there" Succeeded state_of "$ws/computes/cpu"
arm PUT "$ws/environments/box/versions/1" "{\"properties\":{\"image\":\"oci:$layout:1\"}}" >/dev/null
arm PUT "$ws/environments/gone/versions/1" "{\"properties\":{\"image\":\"oci:$layout:3\"}}" >/dev/null
submit() { # submit NAME ENVIRONMENT COMMAND COMPUTE
  arm PUT "$ws/jobs/$1" "{\"properties\":{\"jobType\":\"Command\",\"command\":\"$3\",\"computeId\":\"$ws/computes/$4\",
    \"environmentId\":\"$ws/environments/$2/versions/1\",\"outputs\":{\"model\":{\"jobOutputType\":\"uri_folder\"}}}}" >/dev/null
}
submit boxed box 'cat /etc/motd; echo $AZUREML_RUN_ID $GREETING; echo trained >${{outputs.model}}/weights' cpu
soon "a job of that image completes" Completed status_of boxed
holds "in its files" "$(log_of boxed)" "from the image"
holds "with both environments" "$(log_of boxed)" "boxed hello"
submit nowhere gone true cpu
soon "one whose image is nowhere fails" Failed status_of nowhere
holds "in skopeo's words" "$(details nowhere | json error.error.message)" "no descriptor found"
extension=$aks/providers/Microsoft.KubernetesConfiguration/extensions/azureml
arm PUT "$extension" '{"properties":{"extensionType":"microsoft.azureml.kubernetes","scope":{"cluster":{"releaseNamespace":"azureml"}},"configurationSettings":{"enableTraining":"True"}}}' >/dev/null
soon "the cluster has the extension" Succeeded state_of "$extension"
arm PUT "$ws/computes/aks" "{\"properties\":{\"computeType\":\"Kubernetes\",\"resourceId\":\"$aks\",\"properties\":{\"namespace\":\"default\"}}}" >/dev/null
soon "and is attached" Succeeded state_of "$ws/computes/aks"
submit podded box 'cat /etc/motd; echo $AZUREML_RUN_ID $GREETING $PATH; echo trained >${{outputs.model}}/weights' aks
soon "a job of that image completes there" Completed status_of podded
holds "with both environments" "$(log_of podded)" "podded hello /usr/bin"

tell
