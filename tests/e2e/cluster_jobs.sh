#!/usr/bin/env bash
# Training jobs on a Kubernetes cluster, the same on every one: what is asked for happens, and what goes wrong there ends
# in a state that says so.
#   tests/e2e/cluster_jobs.sh BINARY KUBECONFIG IMAGE KUBECTL     DROVER_TEST_RESTART: kills the API server and starts it
#   DROVER_TEST_STORE: a container of blobs with a signature, for what is large; DROVER_TEST_STORE_IMAGE: one with python3
#   DROVER_TEST_LOSE, DROVER_TEST_FIND: commands that end the node of that name, and bring it back
set -uo pipefail
binary=$(realpath "${1:?usage: cluster_jobs.sh BINARY KUBECONFIG IMAGE KUBECTL}")
export KUBECONFIG=${2:?} DROVER_SERVE=never
image=${3:?} kubectl=${4:?}

. "$(dirname "$(realpath "$0")")/lib.sh"
export DROVER_STATE=$scratch/state
cd "$scratch" || exit 1
drover() { timeout 150 "$binary" "$@" </dev/null; }
# job NAME COMMAND [LINE...] : a job file
job() {
  local name=$1 command=$2
  shift 2
  { printf 'command: |\n'; printf '%s\n' "$command" | sed 's/^/  /'; printf 'compute: kubernetes\nenvironment: {image: %s}\n' "$image"; printf '%s\n' "$@"; } >"$name.yml"
}
# run NAME EXIT : submits it and waits; what it printed is in $out, what became of it in $err
run() {
  out=$(drover job submit "$1.yml" --wait 2>"$scratch/err")
  local code=$?
  err=$(tail -1 "$scratch/err")
  same "$1: exit $2" "$code" "$2"
}
# begin NAME : submits it and waits until it runs; its id is in $id
begin() {
  id=$(drover job submit "$1.yml" -o json | sed -n 's/^  "id": "\(.*\)",$/\1/p')
  for _ in $(seq 100); do
    [ "$(state)" = running ] && return
    sleep 0.3
  done
  fail "$1 begins" "$(drover job why "$id")"
}
state() { drover job show "$id" -o json | sed -n 's/^  "state": "\(.*\)",$/\1/p'; }
# follow NAME WORD : submits it and follows it in the background, until it has printed the word
follow() {
  "$binary" job submit "$1.yml" --wait >"$scratch/out" 2>"$scratch/err" </dev/null &
  follower=$!
  for _ in $(seq 150); do grep -q "$2" "$scratch/out" && return; sleep 0.2; done
  fail "$1 prints $2" "$(cat "$scratch/err")"
}

mkdir code && echo 'echo "rate $1"; cat "$2"; mkdir -p "$3"; echo weights > "$3/model.txt"; echo plot >./outputs/plot.txt' >code/train.sh
mkdir code/outputs && echo before >code/outputs/known.txt
echo a,b >data.csv
job train 'sh train.sh ${{inputs.rate}} ${{inputs.data}} ${{outputs.model}}' 'code: code' \
  'inputs: {rate: 0.1, data: {type: uri_file, path: data.csv}}' 'outputs: {model: {}}'
run train 0
same "its code and data travel with it" "$out" $'rate 0.1\na,b'
holds "it is completed" "$err" "Completed after"
id=$(drover job list -o json | sed -n 's/^      "id": "\(.*\)",$/\1/p' | tail -1)
drover job download "$id" --out made >/dev/null
same "what it made comes back" "$(cat made/model/model.txt)" weights
same "and what it wrote to ./outputs" "$(cat made/plot.txt made/known.txt)" $'plot\nbefore'

job wrong 'echo oh no >&2; exit 3'
run wrong 1
same "its errors are in its log" "$out" "oh no"
holds "the exit code is told" "$err" "its command ended with exit code 3"
holds "a script that fails is not tried again" "$(drover job list -o json)" '"attempt": 1'

job visited 'command -v httpd >/dev/null || exec sleep 100; mkdir www; echo knock >www/index.html; exec httpd -f -p 8437 -h www'
begin visited
visit() { PATH=$(dirname "$kubectl"):$PATH timeout 20 "$binary" job "$@" 2>&1; }
in_it=(exec "$id" -- sh -c 'echo inside; exit 5')
if [ "$image" = host ]; then
  holds "a cluster of the local cloud lets nobody in, and says so" "$(visit "${in_it[@]}")" "does not serve exec"
else
  said=$(visit "${in_it[@]}")
  same "a command that runs in a job ends as it ends" $? 5
  holds "and says what it says" "$said" inside
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  visit port-forward "$id" "$port:8437" >forward.log &
  said=$(curl -s --retry 50 --retry-delay 0 --retry-connrefused "http://127.0.0.1:$port/")
  same "a port of it is one of this machine's" "$said" knock
  kill $! 2>/dev/null
fi
drover job cancel "$id" >/dev/null

job imageless 'true'
sed -i "s#image: .*}#image: localhost/not/here:1}#" imageless.yml
run imageless 1
holds "a missing image is told" "$err" "localhost/not/here:1"

job greedy 'x=$(head -c 300000000 /dev/zero | tr "\0" "x"); echo ${#x}' 'resources: {docker_args: "--memory 40m"}'
run greedy 1
holds "too much memory is told" "$err" "using more memory than it may"

job slow 'echo up; sleep 600' 'limits: {timeout: 3}'
run slow 1
holds "the timeout is told" "$err" "it ran longer than its timeout of 3"

job ranks 'echo "rank $RANK of $WORLD_SIZE master $MASTER_ADDR"; echo "$RANK" >${{outputs.made}}/rank.$RANK; echo "$NODE_RANK" >${{outputs.made}}/same' \
  'distribution: {type: pytorch, process_count_per_instance: 2}' 'resources: {instance_count: 2}' 'outputs: {made: {}}'
run ranks 0
holds "rank 0 knows its place" "$out" "rank 0 of 4 master "
holds "and rank 1" "$out" "rank 1 of 4 master "
id=$(drover job list -o json | sed -n 's/^      "id": "\(.*\)",$/\1/p' | tail -1)
drover job download "$id" --out ranks-made >/dev/null
same "what all ranks made comes back" "$(cd ranks-made/made && cat rank.0 rank.1 rank.2 rank.3 same)" $'0\n1\n2\n3\n0'
holds "and what two of them made is told" "$(drover job logs "$id")" "outputs/made/same of rank 1 is left out"

job canceled 'trap "echo asked to end; exit 5" TERM; echo up; sleep 600 & wait'
begin canceled
drover job cancel "$id" >/dev/null
drover job wait "$id" >/dev/null 2>&1
holds "a cancel is a cancel" "$(drover job why "$id")" "Canceled: it was canceled"
holds "it was asked before it was ended" "$(drover job logs "$id")" "asked to end"

# The first attempt sleeps, and is taken away; the second, as its pod's name tells, ends by itself.
job evicted 'case $(hostname)$DROVER_ATTEMPT in *1) echo saved >${{outputs.model}}/checkpoint; echo first; sleep 600 ;;
  *) echo "second, from what was $(cat "$DROVER_RESUME/model/checkpoint")" ;; esac' 'outputs: {model: {}}'
follow evicted first
id=$(sed -n 's/^Job \(.*\) submitted\.$/\1/p' "$scratch/err")
"$kubectl" delete pods -l "drover.dev/attempt=$id.1" --grace-period=10 >/dev/null
wait "$follower"
same "an evicted job is done in another pod: exit 0" "$?" 0
holds "what the first printed is kept" "$(cat "$scratch/out")" first
holds "and the second, which goes on from what the first had saved" "$(cat "$scratch/out")" "second, from what was saved"
holds "its second attempt is on record" "$(drover job show "$id" -o json)" '"attempt": 2'

# What is more than a Job takes along goes through a store of blobs, and so does what it makes.
if [ -n "${DROVER_TEST_STORE:-}" ]; then
  store_image=${DROVER_TEST_STORE_IMAGE:-$image}
  mkdir -p large && head -c 3000000 /dev/urandom >large/part.bin && mkdir large/empty && echo 'cat "$1" part.bin | sha256sum' >large/sum.sh
  head -c 9000000 /dev/urandom >large.bin
  wanted=$(cat large.bin large/part.bin | sha256sum)
  job large 'sh sum.sh ${{inputs.data}}; cat ${{inputs.data}} ${{inputs.data}} part.bin >${{outputs.model}}/model.bin; echo ok >"${{outputs.model}}/a b%.txt"' \
    'code: large' 'inputs: {data: {type: uri_file, path: large.bin}}' 'outputs: {model: {}}'
  sed -i "s#image: .*}#image: $store_image}#" large.yml
  holds "without a store it is told beforehand what is too large" "$(drover job submit large.yml 2>&1)" "at most 1 MiB packed"
  holds "a store needs a signature" "$(drover job submit large.yml --store "${DROVER_TEST_STORE%%\?*}" 2>&1)" "no shared access signature"
  out=$(drover job submit large.yml --wait --store "$DROVER_TEST_STORE" 2>"$scratch/err")
  same "a job with 12 MB of code and data: exit 0" $? 0
  same "all of it is there" "$out" "$wanted"
  id=$(drover job list -o json | sed -n 's/^      "id": "\(.*\)",$/\1/p' | tail -1)
  drover job download "$id" --out large-made >/dev/null
  same "21 MB that it made come back" "$(sha256sum <large-made/model/model.bin)" "$(cat large.bin large.bin large/part.bin | sha256sum)"
  same "whatever their names are" "$(cat 'large-made/model/a b%.txt')" ok
  run_again=$(drover job submit large.yml --wait --store "$DROVER_TEST_STORE" 2>/dev/null)
  same "and again, where nothing is sent twice" "$run_again" "$wanted"

  job saved 'case $(hostname)$DROVER_ATTEMPT in *1) head -c 2000000 /dev/zero >${{outputs.model}}/checkpoint; echo half >${{outputs.model}}/gone; echo first; sleep 36;
    rm ${{outputs.model}}/gone; echo ready; sleep 600 ;; *) echo "second with $(ls "$DROVER_RESUME/model" | tr "\n" " ")$(wc -c <"$DROVER_RESUME/model/checkpoint")" ;; esac' 'outputs: {model: {}}'
  sed -i "s#image: .*}#image: $store_image}#" saved.yml
  "$binary" job submit saved.yml --store "$DROVER_TEST_STORE" --wait >"$scratch/out" 2>"$scratch/err" </dev/null &
  follower=$!
  for _ in $(seq 300); do grep -q ready "$scratch/out" && break; sleep 0.2; done
  id=$(sed -n 's/^Job \(.*\) submitted\.$/\1/p' "$scratch/err")
  "$kubectl" delete pods -l "drover.dev/attempt=$id.1" --grace-period=0 --force >/dev/null 2>&1
  wait "$follower"
  same "a job whose pod is gone without a word goes on: exit 0" "$?" 0
  holds "from what it had saved by then" "$(cat "$scratch/out")" "second with checkpoint"
  holds "all of it" "$(cat "$scratch/out")" "2000000"
fi

job orphan 'echo up; sleep 4; echo end'
follow orphan up
kill -9 "$follower"
wait "$follower" 2>/dev/null
id=$(drover job list -o json | sed -n 's/^      "id": "\(.*\)",$/\1/p' | tail -1)
drover job wait "$id" >/dev/null 2>&1
same "a job outlives the Drover that began it" "$(state)" completed
same "its log is whole, and nothing is twice in it" "$(drover job logs "$id")" $'up\nend'

if [ -n "${DROVER_TEST_RESTART:-}" ]; then
  job steadfast 'echo up; sleep 15; echo end'
  follow steadfast up
  $DROVER_TEST_RESTART || fail "the API server is killed and started" "$DROVER_TEST_RESTART"
  wait "$follower"
  same "a job outlives the API server: exit 0" "$?" 0
  same "its log then" "$(cat "$scratch/out")" $'up\nend'
fi

# Somebody whom it does not know.
"$kubectl" config view --raw --flatten | sed '/ token:/d; /client-certificate-data/d; s/client-key-data: .*/token: unheard-of/' >stranger.yaml
job uninvited true
KUBECONFIG=stranger.yaml timeout 8 "$binary" job submit uninvited.yml --wait >/dev/null 2>"$scratch/err" </dev/null
holds "who is not let in is told, and what to do" "$(cat "$scratch/err")" "the cluster refuses: Unauthorized; check the user of the kubeconfig's context"
drover job cancel "$(sed -n 's/^Job \(.*\) submitted\.$/\1/p' "$scratch/err")" >/dev/null

# A machine that is gone for good, as a cloud tells it: its processes end, and then its node is deleted.
if [ -n "${DROVER_TEST_LOSE:-}" ]; then
  job stranded 'case $(hostname)$DROVER_ATTEMPT in *1) echo first; sleep 600 ;; *) echo second ;; esac'
  follow stranded first
  id=$(sed -n 's/^Job \(.*\) submitted\.$/\1/p' "$scratch/err")
  node=$("$kubectl" get pods -l "drover.dev/attempt=$id.1" -o jsonpath='{.items[0].spec.nodeName}')
  $DROVER_TEST_LOSE "$node" || fail "the node's processes end" "$DROVER_TEST_LOSE $node"
  "$kubectl" delete node "$node" >/dev/null
  wait "$follower"
  same "a job whose node is lost is done by another: exit 0" "$?" 0
  holds "by its second attempt" "$(drover job show "$id" -o json)" '"attempt": 2'
  holds "which runs to its end" "$(cat "$scratch/out")" second
  ${DROVER_TEST_FIND:-true} "$node" || fail "the node is brought back" "$DROVER_TEST_FIND $node"
fi

sleep 1
drover job list >/dev/null
same "nothing is left on the cluster" "$("$kubectl" get jobs -l app.kubernetes.io/managed-by=drover -o name)" ""
tell
