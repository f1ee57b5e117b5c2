#!/usr/bin/env bash
# What holds for real Kubernetes clusters, held to a cluster of the local cloud: the contract suite, and training jobs.
#   tests/e2e/local_cluster.sh BINARY CONTRACT_SUITE KUBECTL
set -uo pipefail
binary=$(realpath "${1:?usage: local_cluster.sh BINARY CONTRACT_SUITE KUBECTL}")
suite=$(realpath "${2:?}") kubectl=$(realpath "${3:?}")
here=$(dirname "$(realpath "$0")")

scratch=$(mktemp -d)
server=""
stop() { [ -n "$server" ] && { kill "$server" && wait "$server"; } 2>/dev/null; server=""; }
trap 'stop; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export XDG_CONFIG_HOME=$scratch/config HOME=$scratch/home
unset HTTPS_PROXY https_proxy KUBECONFIG
mkdir -p "$HOME"
serve() { # serve SPEED
  DROVER_STATE=$scratch/served "$binary" cloud serve --port 0 --retry-after-ms 20 --speed "$1" >"$scratch/serve.log" 2>&1 &
  server=$!
  port=""
  for _ in $(seq 200); do
    port=$(sed -n 's/^listening on https:\/\/localhost:\([0-9]*\)$/\1/p' "$scratch/serve.log")
    [ -n "$port" ] && return
    sleep 0.05
  done
  echo "FAIL the server did not start:"; cat "$scratch/serve.log"; exit 1
}
drover() {
  DROVER_STATE=$scratch/driving AZURE_CLIENT_ID=10ca1000-0000-4000-8000-000000000003 AZURE_CLIENT_SECRET=local-cloud-only \
    DROVER_ARM_ENDPOINT="https://localhost:$port" DROVER_AUTHORITY="https://localhost:$port" \
    DROVER_GRAPH_ENDPOINT="https://graph.localhost:$port" DROVER_BLOB_ENDPOINT="https://localhost:$port/{account}" \
    DROVER_CA_FILE="$scratch/served/tls/ca.pem" "$binary" "$@"
}
cat >"$scratch/estate.yaml" <<'YAML'
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
      nodepool1: {size: Standard_D4_v3, nodes: 2}
YAML
serve 6000  # a cluster is made in a tenth of a second; then it lives as fast as its pods
drover apply --yes "$scratch/estate.yaml" >"$scratch/apply.log" 2>&1 || { cat "$scratch/apply.log"; exit 1; }
stop
serve 1
drover kubeconfig training -f "$scratch/estate.yaml" --out "$scratch/kubeconfig" || exit 1

failed=0
DROVER_TEST_KUBECONFIG=$scratch/kubeconfig DROVER_TEST_IMAGE="host /bin/sh -c" "$suite" --gtest_brief=1 || failed=1
cat >"$scratch/lose" <<SH
#!/bin/sh
exec "$kubectl" annotate node "\$1" localcloud.drover.dev/machine=off
SH
chmod +x "$scratch/lose"
DROVER_TEST_LOSE=$scratch/lose "$here/cluster_jobs.sh" "$binary" "$scratch/kubeconfig" host "$kubectl" || failed=1
exit $failed
