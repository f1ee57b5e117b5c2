#!/usr/bin/env bash
# `drover cloud serve` with Drover itself as the client, from another state folder: addresses of its own, the proxy, a
# kill, certificates that last, a lock that holds. az.sh asks the same of the real az.
#   tests/e2e/serve.sh BINARY
set -uo pipefail
binary=$(realpath "${1:?usage: serve.sh BINARY}")
. "$(dirname "$(realpath "$0")")/lib.sh"
state=$scratch/served

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

serve_cloud 0 6000
client=(env DROVER_STATE="$scratch/driving" AZURE_CLIENT_ID=10ca1000-0000-4000-8000-000000000003 AZURE_CLIENT_SECRET=local-cloud-only)
direct=(DROVER_ARM_ENDPOINT="https://localhost:$port" DROVER_AUTHORITY="https://localhost:$port"
  DROVER_GRAPH_ENDPOINT="https://graph.localhost:$port" DROVER_BLOB_ENDPOINT="https://localhost:$port/{account}")
trusting=(DROVER_CA_FILE="$state/tls/ca.pem")

expect_says "keys are for their owner only" 0 "600 600" stat --printf '%a ' "$state/tls/ca.key" "$state/tls/server.key"
expect_says "commands in its folder work through it" 0 "0 of 6 ready" env DROVER_STATE="$state" "$binary" status --cloud local "$scratch/estate.yaml"
expect_says "nor serve it twice" 1 "is in use" env DROVER_STATE="$state" "$binary" cloud serve
expect_says "a port that is taken is named" 1 ":$port" env DROVER_STATE="$scratch/second" "$binary" cloud serve --port "$port"
expect_says "without its CA nobody believes it" 1 "certificate" "${client[@]}" "${direct[@]}" "$binary" plan "$scratch/estate.yaml"
expect_says "an estate is applied over TLS" 0 "6 done" "${client[@]}" "${direct[@]}" "${trusting[@]}" "$binary" apply --yes "$scratch/estate.yaml"
expect_says "a second plan has nothing to do" 0 "" "${client[@]}" "${direct[@]}" "${trusting[@]}" "$binary" plan --detailed-exitcode "$scratch/estate.yaml"

before=$(cat "$state"/tls/*.pem | cksum)
stop_cloud -9
serve_cloud "$port" 6000
expect_says "after kill -9 the world is as it was" 0 "" "${client[@]}" "${direct[@]}" "${trusting[@]}" "$binary" plan --detailed-exitcode "$scratch/estate.yaml"
expect_says "and its certificates" 0 "$before" bash -c "cat '$state'/tls/*.pem | cksum"
expect_says "it stands in for Azure as a proxy" 0 "" "${client[@]}" "${trusting[@]}" HTTPS_PROXY="http://localhost:$port" "$binary" plan --detailed-exitcode "$scratch/estate.yaml"

kill -TERM "$server"
wait "$server"
expect_says "it ends cleanly when asked" 0 "stopped; the world is kept in $state" bash -c "cat '$scratch/serve.log'; exit $?"
server=""
expect_says "its folder is then free, and the world in it" 0 "servedlab" env DROVER_STATE="$state" "$binary" plan --cloud local --speed instant "$scratch/estate.yaml"
holds_existing=$out
expect_says "with all that was made" 0 "found existing" printf '%s' "$holds_existing"

tell
