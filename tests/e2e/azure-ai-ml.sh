#!/usr/bin/env bash
# Serves a local cloud in Azure's place and lets Microsoft's Python SDK for Azure ML drive it (azure_ai_ml.py).
#   tests/e2e/azure-ai-ml.sh BINARY
set -uo pipefail
binary=$(realpath "${1:?usage: azure-ai-ml.sh BINARY}")
here=$(dirname "$(realpath "$0")")
# Debian's own python3: that is where its packages are.
python=/usr/bin/python3
[ -d /usr/lib/python3/dist-packages/azure/ai/ml ] || { echo "skipped: azure-ai-ml is not installed (./dev setup all)"; exit 0; }
scratch=$(mktemp -d)
server=""
clean() {
  [ -n "$server" ] && { kill -9 "$server" && wait "$server"; } 2>/dev/null
  rm -rf "$scratch"
}
trap clean EXIT
trap 'exit 130' INT TERM
export XDG_CONFIG_HOME=$scratch/config HOME=$scratch/home
mkdir -p "$HOME"
DROVER_STATE=$scratch/served "$binary" cloud serve --port 0 --retry-after-ms 100 --speed 6000 >"$scratch/serve.log" 2>&1 &
server=$!
port=""
for _ in $(seq 200); do
  port=$(sed -n 's/^listening on https:\/\/localhost:\([0-9]*\)$/\1/p' "$scratch/serve.log")
  [ -n "$port" ] && break
  sleep 0.05
done
[ -n "$port" ] || { echo "FAIL the server did not start:"; cat "$scratch/serve.log"; exit 1; }
cd "$scratch" || exit 1
HTTPS_PROXY=http://localhost:$port REQUESTS_CA_BUNDLE=$scratch/served/tls/ca.pem AZURE_CORE_COLLECT_TELEMETRY=0 \
  timeout 240 "$python" -W ignore "$here/azure_ai_ml.py" 2>"$scratch/stderr"
code=$?
[ $code -eq 0 ] || tail -20 "$scratch/stderr"
exit $code
