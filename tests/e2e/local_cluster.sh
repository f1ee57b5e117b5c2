#!/usr/bin/env bash
# What holds for real Kubernetes clusters, held to a cluster of the local cloud: the contract suite, and training jobs.
#   tests/e2e/local_cluster.sh BINARY CONTRACT_SUITE KUBECTL
set -uo pipefail
binary=$(realpath "${1:?usage: local_cluster.sh BINARY CONTRACT_SUITE KUBECTL}")
suite=$(realpath "${2:?}") kubectl=$(realpath "${3:?}")
here=$(dirname "$(realpath "$0")")

. "$(dirname "$(realpath "$0")")/lib.sh"
export HOME=$scratch/home
unset KUBECONFIG
mkdir -p "$HOME"
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
clean_up() { kill "$(cat "$scratch/server.pid")" 2>/dev/null; }
serve_cloud 0 6000  # a cluster is made in a tenth of a second; then it lives as fast as its pods
"${azure[@]}" "$binary" apply --yes "$scratch/estate.yaml" >"$scratch/apply.log" 2>&1 || { cat "$scratch/apply.log"; exit 1; }
stop_cloud
serve_cloud 0 1
"${azure[@]}" "$binary" kubeconfig training -f "$scratch/estate.yaml" --out "$scratch/kubeconfig" || exit 1

# The server is killed and started again; pods go on meanwhile, and its clusters are found at their ports.
echo "$server" >"$scratch/server.pid"
cat >"$scratch/restart" <<SH
#!/usr/bin/env bash
kill -9 "\$(cat "$scratch/server.pid")"
while kill -0 "\$(cat "$scratch/server.pid")" 2>/dev/null; do sleep 0.05; done
DROVER_STATE=$scratch/served setsid "$binary" cloud serve --port 0 --speed 1 --retry-after-ms 20 >>"$scratch/serve.log" 2>&1 </dev/null &
echo "\$!" >"$scratch/server.pid"
for _ in \$(seq 200); do "$kubectl" --kubeconfig "$scratch/kubeconfig" get namespaces >/dev/null 2>&1 && exit; sleep 0.1; done
exit 1
SH
chmod +x "$scratch/restart"
export DROVER_TEST_RESTART=$scratch/restart
failed=0
DROVER_TEST_KUBECONFIG=$scratch/kubeconfig DROVER_TEST_IMAGE="host /bin/sh -c" "$suite" --gtest_brief=1 || failed=1
cat >"$scratch/lose" <<SH
#!/bin/sh
exec "$kubectl" annotate node "\$1" localcloud.drover.dev/machine=off
SH
chmod +x "$scratch/lose"
DROVER_TEST_LOSE=$scratch/lose "$here/cluster_jobs.sh" "$binary" "$scratch/kubeconfig" host "$kubectl" || failed=1
exit $failed
