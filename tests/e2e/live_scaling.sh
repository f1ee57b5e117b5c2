#!/usr/bin/env bash
# Pools that are run live, as a user runs them: the load out of a real Prometheus, nodes and pods of the local cloud.
#   tests/e2e/live_scaling.sh BINARY KUBECTL PROMETHEUS PROMTOOL     KEEP=1: keep the scratch folder
set -uo pipefail
binary=$(realpath "${1:?usage: live_scaling.sh BINARY KUBECTL PROMETHEUS PROMTOOL}")
kubectl=$2 prometheus=$3 promtool=$4
for program in python3 openssl "$kubectl" "$prometheus" "$promtool"; do
  command -v "$program" >/dev/null || { echo "skipped: there is no $program"; exit 0; }
done
bwrap --unshare-pid --ro-bind / / --proc /proc --dev /dev true 2>/dev/null || { echo "skipped: processes cannot be isolated here"; exit 0; }
. "$(dirname "$(realpath "$0")")/lib.sh"
database=""
clean_up() {
  (cd "$scratch" && "$binary" serve --stop) >/dev/null 2>&1
  [ -n "$database" ] && kill "$database" 2>/dev/null
}
unset DROVER_SERVE DROVER_STATE
cd "$scratch" || exit 1

# A fortnight of load with the rhythm of a day, and a day to come: the local cloud's time runs faster than Prometheus'. It
# is the same whenever this runs, and so is what is decided by it.
python3 - >load.om <<'PY'
import math, random, time
random.seed(1)
now = int(time.time()) // 60 * 60
print("# TYPE requests_per_second gauge")
for instance in (0, 1):
    for t in range(now - 15 * 86400, now + 86400, 60):
        load = 420 + 330 * math.sin(2 * math.pi * ((t - now) / 86400 + 0.2)) + 15 * random.gauss(0, 1)
        print(f'requests_per_second{{instance="{instance}"}} {max(0, load) / 2:.2f} {t}')
print("# EOF")
PY
"$promtool" tsdb create-blocks-from openmetrics load.om data >promtool.log 2>&1 || { cat promtool.log; exit 1; }
echo 'global: {scrape_interval: 1m}' >prometheus.yml
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_prometheus() {
  "$prometheus" --config.file=prometheus.yml --storage.tsdb.path=data --storage.tsdb.retention.time=60d \
    --web.listen-address=127.0.0.1:"$port" >prometheus.log 2>&1 &
  database=$!
  for _ in $(seq 100); do (echo >/dev/tcp/127.0.0.1/"$port") 2>/dev/null && return; sleep 0.1; done
}
start_prometheus

estate() { # estate MODE [MORE LINES OF THE SCALER]
  cat >estate.yaml <<YAML
estate: lab
cloud: local
accounts:
  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: lab-rg}
workspace: lablab
compute:
  train: {size: Standard_DS3_v2, nodes: 0..4}
clusters:
  lab:
    pools:
      system: {size: Standard_D2_v3, nodes: 1}
      web: {size: Standard_D4_v3, nodes: 2, mode: user}
scalers:
  train: {slo: 99%, mode: act, schedule: [{name: always, at: "0 0 * * *", for: 24h, nodes: 2}]}
  lab/web:
    load: {prometheus: "http://127.0.0.1:$port", query: "sum(requests_per_second)", per_node: 100}
    slo: 99%
    timezone: ${timezone:-Europe/Berlin}
    holidays: [2026-12-25]
    mode: $1
    nodes: 0..12
    lead: 4m
    queue: {wait: 2m}
${2:-}
YAML
}
web=(--scaler lab/web)
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)'"$1"')'; }
pool_nodes() { "$kubectl" get nodes -l agentpool=web --no-headers 2>/dev/null | grep -c .; }

estate observe
expect "the estate is applied" 0 "$binary" apply --yes --speed 6000

# --- looking ----------------------------------------------------------------------------------------------------------
expect "a turn that only looks" 0 "$binary" scale once "${web[@]}" --dry-run -o json
same "the load is the sum over both instances" "$(python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(0 < d["load"] < 900)' "$out")" True
holds "the trial has both sides" "$out" '"reactive"'
expect_says "several series are no load" 0 "sum them up" bash -c 'sed -i "s/sum(requests_per_second)/requests_per_second/" estate.yaml; "$1" scale once --scaler lab/web --dry-run' - "$binary"
timezone=Europe/Berlinn estate observe
expect_says "a zone that nobody knows is told where it stands" 1 "there is no time zone Europe/Berlinn" "$binary" scale once "${web[@]}" --dry-run
estate observe
cp estate.yaml narrow.yaml
sed -i 's/nodes: 0..12/nodes: 0..200/' estate.yaml
expect "a person wants more than the subscription has" 0 "$binary" scale pin lab/web --nodes 120 --for 1h
expect_says "the quota is a ceiling, and is named" 0 "the quota is 87 nodes (10 of 350 cores of standardDv3Family are in use, and a node has 4)" "$binary" scale once "${web[@]}" --dry-run
"$binary" scale resume lab/web >/dev/null
mv narrow.yaml estate.yaml

# --- a Prometheus that wants to know who asks, and has a certificate of its own ---------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
cat >web.yml <<'YAML'
tls_server_config: {cert_file: tls.crt, key_file: tls.key}
basic_auth_users: {drover: "$2b$04$mstyKpA2/ssFphrn7I7fsuE.e6MyGAcT9LojrtfyvVnSZAsgSjRJy"} # bcrypt of hunter2
YAML
cp -r data data2 && rm -f data2/lock
door=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$prometheus" --config.file=prometheus.yml --storage.tsdb.path=data2 --storage.tsdb.retention.time=60d \
  --web.listen-address=127.0.0.1:"$door" --web.config.file=web.yml >guarded.log 2>&1 &
guarded=$!
for _ in $(seq 100); do (echo >/dev/tcp/127.0.0.1/"$door") 2>/dev/null && break; sleep 0.1; done
(umask 077; echo hunter2 >password; echo hunter3 >wrong)
guard() { # guard MORE KEYS OF THE LOAD
  estate observe
  sed -i "s|http://127.0.0.1:$port\"|https://127.0.0.1:$door\"$1|" estate.yaml
}
look=("$binary" scale once "${web[@]}" --dry-run)
guard ", ca: tls.crt, username: drover, password_file: password"
expect_says "with a password and its authority it is read" 0 "and a node carries 100" "${look[@]}"
same "and the password is nowhere to be seen" "$(printf %s "$out" | grep -c hunter2)$(grep -rl hunter2 .drover | wc -l)" 00
guard ", ca: tls.crt, username: drover, password: \"\${PROMETHEUS_PASSWORD}\""
export PROMETHEUS_PASSWORD=hunter2
expect_says "the same out of the environment" 0 "and a node carries 100" "${look[@]}"
guard ", ca: tls.crt, username: drover, password_file: wrong"
expect_says "a wrong password is told" 0 "answers 401: it does not know the credentials" "${look[@]}"
same "and not repeated" "$(printf %s "$out" | grep -c hunter3)" 0
guard ", ca: tls.crt, token_file: wrong"
expect_says "so is a token that it does not know" 0 "answers 401: it does not know the credentials" "${look[@]}"
guard ", ca: tls.crt"
expect_says "who says nothing is told what to say" 0 "say username and password_file, or token_file" "${look[@]}"
guard ", username: drover, password_file: password"
expect_says "a certificate that nobody knows is told" 0 "say ca: FILE under load:" "${look[@]}"
chmod 644 password
guard ", ca: tls.crt, username: drover, password_file: password"
expect_says "a password that others can read is refused" 0 "chmod 600" "${look[@]}"
kill "$guarded"
estate observe

expect_says "observe changes nothing, and says so" 0 "mode: observe" "$binary" scale once "${web[@]}"
expect_says "it is kept for the audit" 0 "Wish        forecast" "$binary" scale explain lab/web

# --- jobs of Drover's own queue ---------------------------------------------------------------------------------------
printf 'command: "true"\nenvironment: {image: host}\ncompute: azureml:train\nresources: {instance_count: 3}\n' >job.yml
expect "a job is on its way to the compute" 0 "$binary" job submit job.yml --environment host
expect_says "nodes are asked for before it is there" 0 "the queue needs 3 (1 job on the way to it)" "$binary" scale once --scaler train --dry-run
expect "the job is canceled" 0 "$binary" job cancel "$("$binary" job list -o json | python3 -c 'import json, sys; d = json.load(sys.stdin); print((d["jobs"] if "jobs" in d else d)[0]["id"])')"

# --- acting, with real pods -------------------------------------------------------------------------------------------
estate act
expect "the server" 0 "$binary" serve --background --speed 60
"$binary" kubeconfig lab >kubeconfig 2>/dev/null
export KUBECONFIG=$scratch/kubeconfig
expect_says "a pin counts, whatever the load says" 0 "pinned to 4 nodes until" "$binary" scale pin lab/web --nodes 4 --for 10h --reason exam
expect_says "the pool is asked for four nodes, and they come" 0 "the pool has 4 nodes" "$binary" scale once "${web[@]}"
soon "four nodes are there" 4 pool_nodes
cat >web.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {agentpool: web}
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: host, command: [sleep, "100000"], resources: {requests: {cpu: 500m}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
YAML
expect "a service with a budget" 0 "$kubectl" apply --validate=false -f web.yaml
running() { "$kubectl" get pods -l app=web --no-headers 2>/dev/null | grep -c Running; }
soon "it runs" 4 running
last=$("$kubectl" get nodes -l agentpool=web -o name | tail -1 | cut -d/ -f2)
"$kubectl" run precious --image host --restart Never --overrides \
  '{"metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}}, "spec": {"nodeName": "'"$last"'", "containers": [{"name": "c", "image": "host", "command": ["sleep", "100000"]}]}}' >/dev/null

expect "down to two" 0 "$binary" scale pin lab/web --nodes 2 --for 10h --reason "it may shrink"
"$binary" scale watch "${web[@]}" --times 14 --every 1m >watch.log 2>&1
soon "two nodes are left" 2 pool_nodes
holds "nodes were emptied before they went" "$(cat watch.log)" "is emptied"
holds "the decision is told with its reason" "$(cat watch.log)" "pinned to 2 until"
same "what asked to be left alone still runs" "$("$kubectl" get pod precious -o 'jsonpath={.status.phase} {.spec.nodeName}')" "Running $last"
soon "the service is whole" 4 running
same "no node is left cordoned" "$("$kubectl" get nodes -l agentpool=web -o 'jsonpath={.items[*].spec.unschedulable}')" ""
holds "the journal names the machines" "$("$binary" status --history)" "2 without aks-web-"

# --- pending pods -----------------------------------------------------------------------------------------------------
"$kubectl" scale deployment web --replicas 26 >/dev/null
pending() { "$kubectl" get pods -l app=web --field-selector status.phase=Pending --no-headers 2>/dev/null | grep -c .; }
for _ in $(seq 50); do [ "$(pending)" -gt 5 ] && break; sleep 0.2; done
estate act "    load: {}"  # the queue alone; YAML's second load: counts
sed -i '/prometheus:/d' estate.yaml
"$binary" scale resume lab/web >/dev/null
"$binary" scale watch "${web[@]}" --times 8 --every 1m >queue.log 2>&1
holds "pending pods ask for nodes" "$(cat queue.log)" "the queue "
soon "all of the service runs" 26 running
holds "those that waited too long make room for the next ones" "$("$binary" scale explain lab/web --last 8)" "Wish        headroom    at least"

# --- half-empty nodes -------------------------------------------------------------------------------------------------
full=$(pool_nodes)
"$kubectl" scale deployment web --replicas 6 >/dev/null
soon "few pods are left, wherever they were" 6 running
estate act "    consolidate: true"
sed -i '/prometheus:/d; s/queue: {wait: 2m}/queue: true/' estate.yaml
"$binary" scale watch "${web[@]}" --times 45 --every 1m >consolidated.log 2>&1
holds "a node whose pods fit on the others goes" "$(cat consolidated.log)" "fits on the others"
same "the service needs fewer nodes than the $full that it had" "$([ "$(pool_nodes)" -le 2 ] && echo yes)" yes
soon "and is whole" 6 running
same "what asked to be left alone still runs there" "$("$kubectl" get pod precious -o 'jsonpath={.status.phase} {.spec.nodeName}')" "Running $last"
"$kubectl" delete deployment web --wait=false >/dev/null

# --- metrics that are not there ---------------------------------------------------------------------------------------
estate act
kill "$database"; wait "$database" 2>/dev/null
before=$(pool_nodes)
"$binary" scale watch "${web[@]}" --times 3 --every 1m >silent.log 2>&1
holds "a silent Prometheus is told" "$(cat silent.log)" "its load cannot be read"
same "and takes nothing away" "$(pool_nodes)" "$before"

# --- without anybody looking ------------------------------------------------------------------------------------------
decided() { "$binary" scale explain lab/web --last 10000 -o json | field '["decisions"].__len__()'; }
expect_says "the server scales it from now on" 0 "from now on" "$binary" scale watch "${web[@]}" --background
before=$(decided)
for _ in $(seq 100); do [ "$(decided)" -gt $((before + 2)) ] && break; sleep 0.2; done
same "it decides by itself" "$([ "$(decided)" -gt $((before + 2)) ] && echo yes)" yes
kill -9 "$(field '["pid"]' <.drover/serve.json)"
expect "after kill -9" 0 "$binary" serve --background --speed 60
before=$(decided)
for _ in $(seq 100); do [ "$(decided)" -gt $((before + 1)) ] && break; sleep 0.2; done
same "it goes on" "$([ "$(decided)" -gt $((before + 1)) ] && echo yes)" yes
expect_says "until it is told to leave it alone" 0 "leaves lab/web alone" "$binary" scale watch "${web[@]}" --stop

# --- the least count of an Azure ML compute ---------------------------------------------------------------------------
expect_says "a schedule raises a compute's least count" 0 "0 -> 2 nodes" "$binary" scale once --scaler train
expect_says "which plans leave alone" 0 "nothing to do" "$binary" plan

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
