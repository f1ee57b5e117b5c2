#!/usr/bin/env bash
# `drover cloud serve` with Drover itself as the client, from another state folder: addresses of its own, the proxy, a
# kill, certificates that last, a lock that holds. az.sh asks the same of the real az.
#   tests/e2e/serve.sh BINARY
set -uo pipefail
binary=$(realpath "${1:?usage: serve.sh BINARY}")
scratch=$(mktemp -d)
state=$scratch/served
server=""
clean() {
  [ -n "$server" ] && { kill -9 "$server" && wait "$server"; } 2>/dev/null
  rm -rf "$scratch"
}
trap clean EXIT
trap 'exit 130' INT TERM
export XDG_CONFIG_HOME=$scratch/config
unset HTTPS_PROXY https_proxy

passed=0 failed=0
# expect NAME EXIT PART COMMAND... : within a minute; PART must be in what it says
expect() {
  local name=$1 wanted=$2 part=$3 code
  shift 3
  out=$(timeout 60 "$@" 2>&1 </dev/null)
  code=$?
  if [ $code = "$wanted" ] && [[ $out == *"$part"* ]]; then passed=$((passed + 1)) && echo "ok   $name"
  else failed=$((failed + 1)) && printf 'FAIL %s\n     exit %s, not %s with "%s"\n%s\n' "$name" $code "$wanted" "$part" "$out"; fi
}
# serve PORT : starts it and waits until it listens
serve() {
  DROVER_STATE=$state "$binary" cloud serve --port "$1" --retry-after-ms 20 --speed 6000 >"$scratch/serve.log" 2>&1 &
  server=$!
  for _ in $(seq 200); do
    port=$(sed -n 's/^listening on https:\/\/localhost:\([0-9]*\)$/\1/p' "$scratch/serve.log")
    [ -n "$port" ] && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  echo "FAIL the server did not start:"; cat "$scratch/serve.log"
  exit 1
}

cat >"$scratch/estate.yaml" <<'YAML'
estate: served
cloud: azure
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: served-rg
storage:
  servedlab: {containers: [data]}
principals:
  servedsp:
clusters:
  served:
    principal: servedsp
    pools:
      nodepool1: {size: Standard_D2_v3, nodes: 1}
YAML

serve 0
client=(env DROVER_STATE="$scratch/driving" AZURE_CLIENT_ID=10ca1000-0000-4000-8000-000000000003 AZURE_CLIENT_SECRET=local-cloud-only)
direct=(DROVER_ARM_ENDPOINT="https://localhost:$port" DROVER_AUTHORITY="https://localhost:$port"
  DROVER_GRAPH_ENDPOINT="https://graph.localhost:$port" DROVER_BLOB_ENDPOINT="https://localhost:$port/{account}")
trusting=(DROVER_CA_FILE="$state/tls/ca.pem")

expect "keys are for their owner only" 0 "600 600" stat --printf '%a ' "$state/tls/ca.key" "$state/tls/server.key"
expect "nobody else may use the folder" 1 "is in use by process $server" env DROVER_STATE="$state" "$binary" status --cloud local "$scratch/estate.yaml"
expect "nor serve it twice" 1 "is in use" env DROVER_STATE="$state" "$binary" cloud serve
expect "a port that is taken is named" 1 ":$port" env DROVER_STATE="$scratch/second" "$binary" cloud serve --port "$port"
expect "without its CA nobody believes it" 1 "certificate" "${client[@]}" "${direct[@]}" "$binary" plan "$scratch/estate.yaml"
expect "an estate is applied over TLS" 0 "6 done" "${client[@]}" "${direct[@]}" "${trusting[@]}" "$binary" apply --yes "$scratch/estate.yaml"
expect "a second plan has nothing to do" 0 "" "${client[@]}" "${direct[@]}" "${trusting[@]}" "$binary" plan --detailed-exitcode "$scratch/estate.yaml"

before=$(cat "$state"/tls/*.pem | cksum)
{ kill -9 "$server" && wait "$server"; } 2>/dev/null
serve "$port"
expect "after kill -9 the world is as it was" 0 "" "${client[@]}" "${direct[@]}" "${trusting[@]}" "$binary" plan --detailed-exitcode "$scratch/estate.yaml"
expect "and its certificates" 0 "$before" bash -c "cat '$state'/tls/*.pem | cksum"
expect "it stands in for Azure as a proxy" 0 "" "${client[@]}" "${trusting[@]}" HTTPS_PROXY="http://localhost:$port" "$binary" plan --detailed-exitcode "$scratch/estate.yaml"

kill -TERM "$server"
wait "$server"
expect "it ends cleanly when asked" 0 "stopped; the world is kept in $state" bash -c "cat '$scratch/serve.log'; exit $?"
server=""
expect "its folder is then free, and the world in it" 0 "servedlab" env DROVER_STATE="$state" "$binary" plan --cloud local --speed instant "$scratch/estate.yaml"
holds_existing=$out
expect "with all that was made" 0 "found existing" printf '%s' "$holds_existing"

printf '%d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
