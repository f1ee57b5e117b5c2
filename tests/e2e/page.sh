#!/usr/bin/env bash
# The page in a real browser, on a real `drover serve` with jobs that log, print and make things.
#   tests/e2e/page.sh BINARY SCREENS PLAYWRIGHT AXE
# Screenshots go to the folder SCREENS; npm has installed playwright-core and axe-core in the folders PLAYWRIGHT and AXE.
# CHROMIUM: another browser than /usr/bin/chromium. NODE: another Node.
set -uo pipefail
usage="usage: page.sh BINARY SCREENS PLAYWRIGHT AXE"
binary=$(realpath "${1:?$usage}")
mkdir -p "${2:?$usage}"
screens=$(realpath "$2") playwright=$(realpath "${3:?$usage}") axe=$(realpath "${4:?$usage}")
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
export DROVER_STATE=$scratch/state
export USER=ada
unset DISPLAY WAYLAND_DISPLAY BROWSER
cd "$scratch" || exit 1
mkdir bin && ln -s "$binary" bin/drover && PATH=$scratch/bin:$PATH
clean_up() {
  for id in $(drover job list -o json 2>/dev/null | grep -o '"id": "[^"]*"' | cut -d'"' -f4); do drover job cancel "$id" >/dev/null 2>&1; done
  drover serve --stop >/dev/null 2>&1
}
field() { sed -n "s/.*\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$DROVER_STATE/serve.json"; }

# A cluster with a pool that is run live, by the load of a log.
python3 - >load.csv <<'PYTHON'
import math, random, time
random.seed(1)
now = int(time.time()) // 60 * 60
print("time,requests")
for t in range(now - 8 * 86400, now + 86400, 60):
    load = 420 + 330 * math.sin(2 * math.pi * ((t - now) % 86400 / 86400 + 0.05)) + 12 * random.gauss(0, 1)
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(t))},{max(0, load):.1f}")
PYTHON
cat >estate.yaml <<YAML
estate: lab
cloud: local
accounts:
  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: lab-rg}
clusters:
  lab:
    pools:
      system: {size: Standard_D2_v3, nodes: 1}
      web: {size: Standard_D4_v3, nodes: 2, mode: user}
scalers:
  lab/web: {load: {log: load.csv, target: requests, per_node: 100}, slo: 99.5%, mode: act, nodes: 1..12, lead: 4m}
YAML
expect "an estate is applied" 0 drover apply --yes --speed 6000

# Without a browser, and without a server.
expect_says "drover open starts a server and says where the page is" 0 "Open this in a browser of this machine: http://127.0.0.1:" drover open
drover serve --stop >/dev/null
expect "from now on an hour takes a minute in the local cloud" 0 drover serve --background --speed 60
url=$(field url)
expect_says "with its token behind the #" 0 "$url/#token=$(field token)&job=7f3c" drover open 7f3c
printf '#!/bin/sh\necho "$@" >%s/opened\n' "$scratch" >"$scratch/xdg-open"
chmod +x "$scratch/xdg-open"
expect_says "where there is a screen it opens a browser" 0 "Opening http" env DISPLAY=:9 PATH="$scratch:$PATH" "$binary" open
soon "which is given no token that others could read" "file://$DROVER_STATE/open.html" cat "$scratch/opened"
expect_says "but a file for its owner only" 0 "600" stat --printf %a "$DROVER_STATE/open.html"

# What it is served with.
head_of=(curl -sS -D - -o "$scratch/body")
expect_says "the page needs no token" 0 "text/html; charset=utf-8" "${head_of[@]}" "$url/"
expect_says "and lets no script of others run" 0 "default-src 'self'" "${head_of[@]}" "$url/"
script=$(sed -n 's/.*src="\([^"]*\)".*/\1/p' "$scratch/body")
expect_says "its script may be kept for ever" 0 "immutable" "${head_of[@]}" "$url$script"
tag=$("${head_of[@]}" "$url/" | sed -n 's/^ETag: \(.*\)\r$/\1/Ip')
expect_says "what is known is not sent again" 0 "304" "${head_of[@]}" -H "If-None-Match: $tag" "$url/"
expect_says "the API needs it as ever" 0 "401" "${head_of[@]}" "$url/v1/jobs"

cat >train.py <<'PYTHON'
import json, math, os, random, sys, time, urllib.request
def call(path, body):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path, method="POST",
        data=json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
    while True:  # a server that is killed comes back
        try:
            return urllib.request.urlopen(request).read()
        except OSError:
            time.sleep(0.2)
run, steps, pause = os.environ["MLFLOW_RUN_ID"], int(sys.argv[1]), float(sys.argv[2])
chance = random.Random(1)
call("runs/log-batch", {"run_id": run, "params": [{"key": k, "value": v} for k, v in (("rate", "0.003"), ("layers", "18"), ("optimizer", "adam"))],
    "tags": [{"key": "team", "value": "vision"}]})
for step in range(steps):
    loss = 2.2 * math.exp(-step / 40) + 0.25 + chance.gauss(0, 0.03)
    now = int(time.time() * 1000)
    values = {"loss": loss, "accuracy": 1 - loss / 2.6, "images_per_s": 412 + chance.gauss(0, 9)}
    call("runs/log-batch", {"run_id": run, "metrics": [{"key": k, "value": v, "timestamp": now, "step": step} for k, v in values.items()]})
    print(f"step {step:4d}  loss {loss:.4f}", flush=True)
    if step >= 60: time.sleep(pause)
os.makedirs("outputs/model", exist_ok=True)
open("outputs/model/weights.txt", "w").write("weights " * 1200000)  # comes in pieces
PYTHON
job() { printf 'command: %s\nenvironment: host\ndisplay_name: %s\nexperiment_name: vision\n' "$2" "$1" >"$1.yml"; }
job train-resnet18 "python3 $scratch/train.py 4000 0.2"
job quick-check "python3 $scratch/train.py 40 0"
job too-greedy "echo no room for the batch; sleep 1; exit 3"
job after-the-others "sleep 600"

PAGE_BINARY=$binary PAGE_ADDRESS="$(drover open)" PAGE_SCREENS=$screens PAGE_PLAYWRIGHT=$playwright PAGE_AXE=$axe \
  timeout 300 "${NODE:-node}" "$here/page.mjs"
code=$?
case $code in 0) pass "the page in a browser" ;; *) fail "the page in a browser" "exit $code; screenshots in $screens" ;; esac
tell
