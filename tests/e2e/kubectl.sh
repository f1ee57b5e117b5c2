#!/usr/bin/env bash
# The real kubectl against the clusters of `drover cloud serve`: what people do with a cluster, with pods that are real
# processes; by Debian's kubectl (1.20) and by a newer one where the machine has it.
#   tests/e2e/kubectl.sh BINARY [KUBECTL...]     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: kubectl.sh BINARY [KUBECTL...]}")
shift
kubectls=("$@")
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 0; }
[ ${#kubectls[@]} -gt 0 ] || { echo "skipped: no kubectl was given"; exit 0; }

. "$(dirname "$(realpath "$0")")/lib.sh"
nap=6$$  # seconds that no other process of this machine sleeps for
# --- a cluster, made by Drover itself ---------------------------------------------------------------------------------
export HOME=$scratch/home
unset KUBECONFIG
mkdir -p "$HOME"
estate() { # estate NODES
  cat >"$scratch/estate.yaml" <<YAML
estate: kubes
cloud: azure
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: kubes-rg
clusters:
  training:
    pools:
      nodepool1: {size: Standard_D4_v3, nodes: $1}
YAML
}
serve_cloud 0 6000
drover=("${azure[@]}" "$binary")
estate 2
expect "drover apply makes the cluster" 0 "${drover[@]}" apply --yes "$scratch/estate.yaml"
# What `az aks get-credentials` asks for.
credentials() {
  python3 - "$port" "$ca" "$1" <<'PY'
import base64, json, ssl, sys, urllib.parse, urllib.request
port, ca, role = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
base = f"https://localhost:{port}"
tenant, client = "10ca1000-0000-4000-8000-000000000001", "10ca1000-0000-4000-8000-000000000003"
form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": client, "client_secret": "local-cloud-only",
                               "scope": "https://management.azure.com/.default"}).encode()
token = json.load(urllib.request.urlopen(f"{base}/{tenant}/oauth2/v2.0/token", form, context=context))["access_token"]
url = (f"{base}/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/kubes-rg/providers/"
       f"Microsoft.ContainerService/managedClusters/training/{role}?api-version=2024-03-01")
request = urllib.request.Request(url, b"", {"Authorization": "Bearer " + token})
print(base64.b64decode(json.load(urllib.request.urlopen(request, context=context))["kubeconfigs"][0]["value"]).decode())
PY
}
credentials listClusterUserCredential >"$scratch/kubeconfig"
credentials listClusterAdminCredential >"$scratch/kubeconfig-admin"
grep -q 127.0.0.1 "$scratch/kubeconfig" || { echo "FAIL no kubeconfig"; cat "$scratch/serve.log"; exit 1; }
sed '/^    token:/d' "$scratch/kubeconfig" >"$scratch/kubeconfig-certificate"
sed '/^    client-/d' "$scratch/kubeconfig" >"$scratch/kubeconfig-token"
sed '/^    client-/d; /^    token:/d' "$scratch/kubeconfig" >"$scratch/kubeconfig-nobody"
export KUBECONFIG=$scratch/kubeconfig

cat >"$scratch/job.yaml" <<'YAML'
apiVersion: batch/v1
kind: Job
metadata: {name: count}
spec:
  parallelism: 2
  completions: 3
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: host
        command: [sh, -c, 'echo "hello from $(POD)"; cat /etc/greeting/text; sleep 0.2']
        env:
        - name: POD
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        volumeMounts: [{name: greeting, mountPath: /etc/greeting}]
      volumes: [{name: greeting, configMap: {name: greeting}}]
YAML
cat >"$scratch/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: host, command: [sleep, "NAP"]}
YAML
cat >"$scratch/daemon.yaml" <<'YAML'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: watcher}
spec:
  selector: {matchLabels: {app: watcher}}
  template:
    metadata: {labels: {app: watcher}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: host, command: [sleep, "NAP"]}
YAML
pod() { # pod NAME COMMAND
  cat <<YAML
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "$1"}, "spec": {"restartPolicy": "Never",
 "terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "host", "command": ["sh", "-c", "$2"]}]}}
YAML
}

sed -i "s/NAP/$nap/" "$scratch/web.yaml" "$scratch/daemon.yaml"

# stamps_grow TEXT : "grow" when the times of its lines are at least a second apart, and of today
stamps_grow() {
  python3 -c 'import datetime, sys
times = [datetime.datetime.strptime(line.split()[0], "%Y-%m-%dT%H:%M:%S.%fZ") for line in sys.argv[1].splitlines()]
apart = [(b - a).total_seconds() for a, b in zip(times, times[1:])]
age = (datetime.datetime.utcnow() - times[-1]).total_seconds()
print("grow" if all(a >= 1 for a in apart) and 0 <= age < 60 else f"do not grow: {times}")' "$1"
}

# suite KUBECTL : everything with one kubectl, in a namespace of its own
suite() {
  local k=$1 n=$2 got
  printf '%s\n' "--- $("$k" version --client 2>/dev/null | grep -o 'v1\.[0-9.]*' | head -1) ($k)"
  local in=("$k" -n "$n")
  # who may
  expect "a client certificate is enough" 0 "$k" --kubeconfig "$scratch/kubeconfig-certificate" get nodes
  expect "so is a token" 0 "$k" --kubeconfig "$scratch/kubeconfig-token" get nodes
  expect "and an administrator's kubeconfig" 0 "$k" --kubeconfig "$scratch/kubeconfig-admin" get nodes
  expect "who shows neither is told so" 1 "$k" --kubeconfig "$scratch/kubeconfig-nobody" --username=x --password=y get nodes
  holds "  as unauthorized" "$err" "Unauthorized"
  # nodes and namespaces
  soon "the pool's nodes are there and ready" "True True" "$k" get nodes -o 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
  expect "get nodes -o wide" 0 "$k" get nodes -o wide
  holds "  has the real columns" "$out" "CONTAINER-RUNTIME"
  expect "create namespace" 0 "$k" create namespace "$n"
  expect "  is refused the second time" 1 "$k" create namespace "$n"
  holds "  with the reason" "$err" "AlreadyExists"
  expect "get namespaces" 0 "$k" get namespaces
  holds "  has a table" "$out" "STATUS   AGE"
  # config maps and secrets
  expect "create configmap" 0 "${in[@]}" create configmap greeting --from-literal=text=goodday
  expect "create secret" 0 "${in[@]}" create secret generic key --from-literal=word=hidden
  expect "describe secret hides it" 0 "${in[@]}" describe secret key
  holds "  but says its size" "$out" "word:  6 bytes"
  # jobs
  expect "apply validates by the API's own schema" 1 "${in[@]}" apply -f - <<<'' -f <(sed 's/completions/complections/' "$scratch/job.yaml")
  holds "  and names the field" "$err" "complections"
  expect "apply a job" 0 "${in[@]}" apply -f "$scratch/job.yaml"
  expect "wait for its end" 0 "${in[@]}" wait --for=condition=complete job/count --timeout=40s
  same "  all its pods succeeded" "$("${in[@]}" get pods -l job-name=count -o 'jsonpath={.items[*].status.phase}')" "Succeeded Succeeded Succeeded"
  expect "logs" 0 "${in[@]}" logs job/count
  holds "  are what the process said" "$out" "hello from count-"
  holds "  with the config map's file" "$out" "goodday"
  expect "get jobs" 0 "${in[@]}" get jobs
  holds "  has its completions" "$out" "3/3"
  expect "describe job" 0 "${in[@]}" describe job count
  holds "  has its events" "$out" "SuccessfulCreate"
  expect "apply again changes nothing" 0 "${in[@]}" apply -f "$scratch/job.yaml"
  holds "  and says so" "$out" "unchanged"
  expect "get job -o yaml" 0 "${in[@]}" get job count -o yaml
  holds "  has the status" "$out" "succeeded: 3"
  expect "get job -o json" 0 "${in[@]}" get job count -o json
  expect "delete job" 0 "${in[@]}" delete job count
  soon "  takes its pods with it" "" "${in[@]}" get pods -l job-name=count -o name
  # pods
  pod talker 'for i in 1 2 3; do echo line $i; sleep 0.3; done; exit 3' | "${in[@]}" create -f - >/dev/null
  soon "a pod starts" "talker" "${in[@]}" get pod talker -o 'jsonpath={.metadata.name}'
  sleep 0.5
  expect "logs -f follows it to its end" 0 "${in[@]}" logs -f talker
  same "  without a gap" "$out" "$(printf 'line 1\nline 2\nline 3')"
  soon "its exit code is kept" "Failed 3 Error" "${in[@]}" get pod talker -o 'jsonpath={.status.phase} {.status.containerStatuses[0].state.terminated.exitCode} {.status.containerStatuses[0].state.terminated.reason}'
  pod teller 'echo one; sleep 1.2; echo two; sleep 1.2; echo three' | "${in[@]}" create -f - >/dev/null
  expect "wait for a pod that tells the time" 0 "${in[@]}" wait --for=condition=Ready pod/teller --timeout=30s
  expect "logs -f --timestamps" 0 "${in[@]}" logs -f --timestamps teller
  same "  says when each line was written" "$(cut -d' ' -f2 <<<"$out" | tr '\n' ' ')$(stamps_grow "$out")" "one two three grow"
  got=$out
  expect "logs --timestamps" 0 "${in[@]}" logs --timestamps teller
  same "  says the same later" "$out" "$got"
  expect "logs --since-time" 0 "${in[@]}" logs --since-time="$(sed -n 's/\..* two$/Z/p' <<<"$got")" teller
  same "  begins there" "$out" $'two\nthree'
  expect "logs --since" 0 "${in[@]}" logs --since=1h teller
  same "  has all of an hour" "$out" $'one\ntwo\nthree'
  sleep 1
  expect "logs --since" 0 "${in[@]}" logs --since=1s teller
  same "  has nothing of the last second" "$out" ""
  pod sleeper "exec sleep $nap" | "${in[@]}" create -f - >/dev/null
  expect "wait for a pod to be ready" 0 "${in[@]}" wait --for=condition=Ready pod/sleeper --timeout=30s
  expect "describe pod" 0 "${in[@]}" describe pod sleeper
  holds "  says where it runs" "$out" "Successfully assigned"
  timeout 20 "${in[@]}" get pods -w >"$scratch/watched" 2>&1 &
  local watch=$!
  sleep 1
  expect "delete pod waits for its end" 0 "${in[@]}" delete pod sleeper
  kill $watch 2>/dev/null; wait $watch 2>/dev/null
  holds "get -w saw it go" "$(<"$scratch/watched")" "Terminating"
  expect "it is gone" 1 "${in[@]}" get pod sleeper
  holds "  and said to be" "$err" 'pods "sleeper" not found'
  sed 's/"image": "host"/"image": "nowhere:1"/; s/NAME/x/' <(pod foreign 'true') | "${in[@]}" create -f - >/dev/null
  soon "an image that is not here says so" "ImagePullBackOff" "${in[@]}" get pod foreign -o 'jsonpath={.status.containerStatuses[0].state.waiting.reason}'
  # deployments
  expect "apply a deployment" 0 "${in[@]}" apply -f "$scratch/web.yaml"
  expect "rollout status" 0 "${in[@]}" rollout status deployment/web --timeout=40s
  expect "scale" 0 "${in[@]}" scale deployment/web --replicas=3
  soon "  has effect" "3" "${in[@]}" get deployment web -o 'jsonpath={.status.availableReplicas}'
  expect "rollout restart" 0 "${in[@]}" rollout restart deployment/web
  expect "  comes to its end" 0 "${in[@]}" rollout status deployment/web --timeout=40s
  expect "get all" 0 "${in[@]}" get all
  holds "  has the replica sets" "$out" "replicaset.apps/web-"
  expect "label" 0 "${in[@]}" label deployment web tier=front
  same "  is selected by" "$("${in[@]}" get deployments -l tier=front -o name)" "deployment.apps/web"
  expect "server-side apply is refused where others own the field" 1 "${in[@]}" apply --server-side --field-manager=other -f <(sed 's/replicas: 2/replicas: 5/' "$scratch/web.yaml")
  holds "  with whose it is" "$err" "conflict"
  expect "  unless it is forced" 0 "${in[@]}" apply --server-side --force-conflicts --field-manager=other -f <(sed 's/replicas: 2/replicas: 2/' "$scratch/web.yaml")
  # nodes that go out of use
  expect "apply a daemon set" 0 "${in[@]}" apply -f "$scratch/daemon.yaml"
  soon "  runs on every node" "2" "${in[@]}" get daemonset watcher -o 'jsonpath={.status.numberReady}'
  local node
  node=$("$k" get nodes -o 'jsonpath={.items[0].metadata.name}')
  expect "cordon" 0 "$k" cordon "$node"
  expect "drain" 0 "$k" drain "$node" --ignore-daemonsets --force --timeout=40s
  same "  leaves nothing of the deployment there" "$("${in[@]}" get pods -l app=web --field-selector "spec.nodeName=$node" -o name)" ""
  expect "uncordon" 0 "$k" uncordon "$node"
  expect "describe node" 0 "$k" describe node "$node"
  holds "  has what is allocated" "$out" "Allocated resources"
  expect "get events" 0 "${in[@]}" get events
  # dry runs, patches
  expect "a dry run of the server" 0 "${in[@]}" create configmap dry --from-literal=a=b --dry-run=server
  expect "  leaves nothing" 1 "${in[@]}" get configmap dry
  expect "patch --type=json" 0 "${in[@]}" patch configmap greeting --type=json -p '[{"op":"replace","path":"/data/text","value":"bye"}]'
  same "  has effect" "$("${in[@]}" get configmap greeting -o 'jsonpath={.data.text}')" "bye"
  expect "delete the namespace" 0 "$k" delete namespace "$n" --timeout=50s
  expect "  with all in it" 1 "$k" get namespace "$n"
  same "  no process of it is left" "$(pgrep -f "^sleep $nap\$" | wc -l)" "0"
}

number=0
for one in "${kubectls[@]}"; do
  command -v "$one" >/dev/null || { echo "skip $one: it is not there"; continue; }
  number=$((number + 1))
  suite "$one" "try$number"
done

# --- pools that grow and shrink, and a server that is killed -----------------------------------------------------------
k=${kubectls[0]}
estate 3
expect "drover scales the pool" 0 "${drover[@]}" apply --yes "$scratch/estate.yaml"
soon "  and a node joins" "3" bash -c "'$k' get nodes -o name | wc -l | tr -d ' '"
cat >"$scratch/wide.yaml" <<YAML
apiVersion: batch/v1
kind: Job
metadata: {name: wide}
spec:
  parallelism: 3
  completions: 3
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: host, command: [sleep, "$nap"], resources: {requests: {cpu: 2500m}}}
YAML
phases() { "$k" get pods -l job-name=wide -o 'jsonpath={.items[*].status.phase}' | tr ' ' '\n' | sort | tr '\n' ' '; }
sleeping() { pgrep -f "^sleep $nap\$" | wc -l | tr -d ' '; }
"$k" create -f "$scratch/wide.yaml" >/dev/null
soon "a job has a pod on each node" "Running Running Running " phases
soon "  and each is a process" 3 sleeping
estate 1
expect "drover shrinks it" 0 "${drover[@]}" apply --yes "$scratch/estate.yaml"
soon "  and nodes leave" "1" bash -c "'$k' get nodes -o name | wc -l | tr -d ' '"
soon "  under the job, which makes other pods, without room" "Pending Pending Running " phases
same "  and nothing runs that was on them" "$(sleeping)" 1
node=$("$k" get nodes -o 'jsonpath={.items[0].metadata.name}')
expect "a machine loses its power" 0 "$k" annotate node "$node" localcloud.drover.dev/machine=off
soon "  and what ran on it is gone" 0 sleeping
same "  though nobody knows of it yet" "$(phases)" "Pending Pending Running "
expect "  it boots" 0 "$k" annotate node "$node" localcloud.drover.dev/machine-
soon "  and has forgotten its containers" "ContainerStatusUnknown" "$k" get pods -l job-name=wide -o 'jsonpath={.items[*].status.containerStatuses[0].state.terminated.reason}'
expect "the job goes" 0 "$k" delete job wide
pod survivor 'sleep 3; echo done' | "$k" create -f - >/dev/null
expect "a pod runs" 0 "$k" wait --for=condition=Ready pod/survivor --timeout=20s
stop_cloud -9
serve_cloud "$port" 6000
soon "after kill -9 of the server it went on, and its end is known" "Succeeded" "$k" get pod survivor -o 'jsonpath={.status.phase}'
same "  with its log" "$("$k" logs survivor)" "done"

tell
