#!/usr/bin/env bash
# `drover serve`: one process for what must go on. Its API asked with curl and by drover itself; kill -9 in the middle of a
# job, SIGTERM in the middle of an apply, two applies at once.
#   tests/e2e/serve_api.sh BINARY
set -uo pipefail
binary=$(realpath "${1:?usage: serve_api.sh BINARY}")
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
export DROVER_STATE=$scratch/state HOME=$scratch
unset DROVER_SERVER DROVER_TOKEN DROVER_SERVE DROVER_SLOTS
# field NAME : of serve.json
field() { [ -f "$DROVER_STATE/serve.json" ] && sed -nE 's/^ *"'"$1"'": "?([^",]*)"?,?$/\1/p' "$DROVER_STATE/serve.json"; }
clean_up() {
  local pid
  pid=$(field pid)
  [ -n "$pid" ] && kill -9 "$pid" 2>/dev/null
}
cd "$scratch" || exit 1

# Commands of their own, so that timeout can run them.
mkdir bin && ln -s "$binary" bin/drover && PATH=$scratch/bin:$PATH
cat >bin/ask <<'SCRIPT'
#!/usr/bin/env bash
token=$(sed -nE 's/^ *"token": "([^"]*)".*/\1/p' "$DROVER_STATE/serve.json")
exec curl -sS -w '\n%{http_code}' -H "Authorization: Bearer $token" "$@"
SCRIPT
chmod +x bin/ask

# It goes on until it is let go, so that nothing here rests on how fast this machine is.
printf 'command: until [ -f %s/go ]; do sleep 0.1; done; echo done >> %s/ends\nenvironment: host\nname: slow\n' "$scratch" "$scratch" >slow.yml
printf 'command: |\n  for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done\nenvironment: host\nname: talks\n' >talks.yml
cat >estate.yaml <<'YAML'
estate: served
cloud: local
accounts:
  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: served-rg}
principals:
  servedsp:
clusters:
  served:
    principal: servedsp
    pools:
      nodepool1: {size: Standard_D2_v3, nodes: 1}
YAML
for i in 1 2; do printf 'command: "true"\nenvironment: host\n' >tracked_$i.yml; done
job=(job submit --unconfined)

# A command that leaves something behind starts it, and says so.
expect_says "a job that is submitted goes on, in the background" 0 "drover serve runs in the background" drover "${job[@]}" slow.yml
expect_says "it is found" 0 "Serving at http://127.0.0.1:" drover serve --status
first=$(field pid)
expect_says "its token is for its owner only" 0 "600" stat --printf %a "$DROVER_STATE/serve.json"
expect_says "a second one is not needed" 0 "It runs already" drover serve --background
expect_says "nor in the foreground" 1 "is in use by drover serve, process $first" drover serve
url=$(field url)

# Who may come in.
expect_says "nobody without the token" 0 $'\n401' curl -sS -w '\n%{http_code}' "$url/v1/jobs"
expect_says "nor with another" 0 $'\n401' curl -sS -w '\n%{http_code}' -H "Authorization: Bearer no" "$url/v1/jobs"
expect_says "nor for another host" 0 $'\n403' ask -H "Host: evil.example" "$url/v1/jobs"
expect_says "those who have it do" 0 '"name":"slow"' ask "$url/v1/jobs"
expect_says "it says what there is" 0 '"openapi":"3.1.0"' ask "$url/v1/openapi.json"
expect_says "and that there is no more" 0 $'\n404' ask "$url/v1/none"
expect_says "its health is for all" 0 '"status":"ok"' curl -sS "$url/healthz"
expect_says "its figures too" 0 'drover_requests_total{method="GET",route="/v1/jobs",status="200"} 1' curl -sS "$url/metrics"
expect_says "with its jobs" 0 'drover_jobs{state="running"} 1' curl -sS "$url/metrics"

# kill -9, and on where it was.
kill -9 "$first"
soon_says "after kill -9 nobody answers" "No server runs" drover serve --status
expect_says "the next one takes over" 0 "Serving at" drover serve --background
touch "$scratch/go"
expect_says "the job is waited for" 0 "Completed" drover job wait slow
expect_says "it ended once" 0 "1 $scratch/ends" wc -l "$scratch/ends"

# Who follows a log hears it to its end, whatever becomes of the server.
printf 'command: for i in 1 2 3 4 5 6; do echo line $i; sleep 1; done\nenvironment: host\nname: long\n' >long.yml
expect_says "a longer job" 0 "" drover "${job[@]}" long.yml
drover job logs -f long >"$scratch/long" 2>"$scratch/long.err" </dev/null &
follower=$!
soon_says "its first lines are heard" "line 2" cat "$scratch/long"
{ kill -9 "$(field pid)"; } 2>/dev/null
soon_says "whoever hears it waits for another server" "waiting for another" cat "$scratch/long.err"
expect_says "which comes" 0 "Serving at" drover serve --background
wait $follower
expect_says "and hears the rest, and nothing twice" 0 $'line 1\nline 2\nline 3\nline 4\nline 5\nline 6' cat "$scratch/long"
lines=$(wc -l <"$scratch/long")
expect_says "in as many lines" 0 "6" echo "$lines"
expect_says "several files are submitted together" 0 "" drover "${job[@]}" --wait --set command=true tracked_1.yml tracked_2.yml
expect_says "a prune takes those that ended long ago" 0 "Would forget 0 jobs" drover job prune --older 1h --dry-run
expect_says "and says what it would take" 0 "Would forget" drover job prune --older 0s --dry-run

# A process that is lost: tried again, after a pause that a killed server remembers.
printf 'command: case $DROVER_ATTEMPT in 1) until [ -f %s/struck ]; do sleep 0.1; done ;; *) echo second ;; esac\nenvironment: host\nname: struck\n' "$scratch" >struck.yml
expect_says "a job whose process will be lost" 0 "" drover "${job[@]}" struck.yml
soon_says "it runs" "Running for" drover job why struck
record=$(grep -l child-pid "$DROVER_STATE"/processes/*.1)
kill -9 "$(sed -nE 's/.*"child-pid": ([0-9]+).*/\1/p' "$record")"
soon_says "it waits before its next attempt" "before attempt 2 of 3, since its process was lost" drover job why struck
{ kill -9 "$(field pid)"; } 2>/dev/null
expect_says "another server" 0 "Serving at" drover serve --background
expect_says "remembers that" 0 "before attempt 2 of 3, since its process was lost" drover job why struck
expect_says "and the next attempt does it" 0 "Completed" drover job wait struck
touch "$scratch/struck"

# Metrics, as the published REST calls of MLflow have them.
cat >track.py <<'PYTHON'
import json, os, urllib.request
def call(method, path, body=None):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))
run = os.environ["MLFLOW_RUN_ID"]
assert call("GET", "runs/get?run_id=" + run)["run"]["info"]["experiment_id"] == os.environ["MLFLOW_EXPERIMENT_ID"]
call("POST", "runs/log-parameter", {"run_id": run, "key": "rate", "value": "0.3"})
for step in range(3):
    call("POST", "runs/log-metric", {"run_id": run, "key": "loss", "value": 1 / (step + 1), "timestamp": 1000 + step, "step": step})
call("POST", "runs/log-batch", {"run_id": run, "metrics": [{"key": "accuracy", "value": 0.9, "timestamp": 1, "step": 0}],
    "tags": [{"key": "who", "value": "me"}]})
print(len(call("GET", "metrics/get-history?run_id=%s&metric_key=loss" % run)["metrics"]), "values")
open("outputs/model.txt", "w").write("model")
print([f["path"] for f in call("GET", "artifacts/list?run_id=" + run)["files"]])
try:
    urllib.request.urlopen(urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/v1/jobs",
        headers={"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}))
except urllib.error.HTTPError as error:
    print("the rest is", error.code)
PYTHON
printf 'command: python3 %s/track.py\nenvironment: host\nname: tracked\nexperiment_name: lab\n' "$scratch" >tracked.yml
expect_says "a job that logs metrics" 0 "" drover "${job[@]}" tracked.yml
expect_says "completes" 0 "Completed" drover job wait tracked
expect_says "all were kept" 0 "3 values" drover job logs tracked
expect_says "its outputs are its artifacts" 0 "['model.txt']" drover job logs tracked
expect_says "its token is for that alone" 0 "the rest is 401" drover job logs tracked
expect_says "they are shown" 0 "accuracy = 0.9" drover job show tracked
expect_says "with their parameters" 0 "rate = 0.3" drover job show tracked
soon_says "its run has ended as it did" '"status":"FINISHED"' ask -X POST "$(field url)/api/2.0/mlflow/runs/search" -d '{"experiment_ids": ["1"]}'

# Events as they come.
expect_says "a job's log comes as it is written" 0 "line 5" drover "${job[@]}" --wait talks.yml
rm "$scratch/go"

# Somebody at a terminal leaves a job with ctrl-c: asked what is meant, and heard.
at=(python3 "$here/at_terminal.py")
printf 'command: echo begun; until [ -f %s/go ]; do sleep 0.1; done\nenvironment: host\nname: left\n' "$scratch" >left.yml
expect_says "ctrl-c asks; detached, it goes on" 1 "It goes on: drover job logs -f " "${at[@]}" 'begun -> ^C' "cancel] -> detach
" -- drover "${job[@]}" --wait left.yml
expect_says "and it does" 0 "Running for" drover job why left
expect_says "whoever comes back may cancel it so" 1 "anceled" "${at[@]}" 'begun -> ^C' "cancel] -> cancel
" -- drover job logs -f left
soon_says "and it is" "anceled" drover job why left
sed s/slow/slower/ slow.yml >slower.yml
drover "${job[@]}" slower.yml >/dev/null 2>&1
id=$(drover job list -o json | python3 -c 'import json,sys; print([j["id"] for j in json.load(sys.stdin)["jobs"] if j["state"] not in ("completed", "canceled")][0])')
timeout --foreground -s INT 1 drover job logs -f "$id" >"$scratch/followed" 2>&1 </dev/null
expect_says "ctrl-c leaves a job that is followed" 0 "It goes on" cat "$scratch/followed"
expect_says "and reading goes on beside" 0 "Running" drover job why "$id"
expect_says "it can be canceled" 0 "" drover job cancel "$id"
soon_says "and ends so" "Canceled" drover job why "$id"

# Two at once, and the end in the middle of one.
expect_says "it ends when asked" 0 "Stopped" drover serve --stop
expect_says "twice is no harm" 0 "No server runs" drover serve --stop
expect_says "it starts with a speed" 0 "Serving at" drover serve --background --speed 30
drover apply --yes estate.yaml >"$scratch/apply" 2>&1 &
apply=$!
soon_says "an apply is under way" '"what":"POST /v1/apply"' ask "$(field url)/v1/errands"
expect_says "a second one is refused" 1 "an apply of estate served (request" drover apply --yes estate.yaml
expect_says "a plan is not" 0 "" drover plan estate.yaml
expect_says "the server's own settings hold" 2 "--speed is not for" drover plan --speed instant estate.yaml
expect_says "SIGTERM lets it out" 0 "Stopped" drover serve --stop
wait $apply
expect_says "the apply says that it was stopped" 0 "Stopped on request" cat "$scratch/apply"
expect_says "the folder is free, and the rest is done" 0 "done in" env DROVER_SERVE=never "$binary" apply --yes --speed instant estate.yaml
expect_says "no server was started for that" 0 "No server runs" drover serve --stop
expect_says "what cannot start says why" 1 "did not start" bash -c "exec 9>'$DROVER_STATE/lock'; flock 9; '$binary' serve --background 9>&-"

drover serve --unit >"$scratch/drover.service"
if command -v systemd-analyze >/dev/null; then
  expect_says "its unit is a good one" 0 "" env XDG_RUNTIME_DIR="$scratch" systemd-analyze --user verify "$scratch/drover.service"
else
  echo "skipped: no systemd-analyze to read the unit with"
fi

tell
