#!/usr/bin/env bash
# Serves a local cloud in Azure's place and lets Microsoft's Python SDK for Azure ML drive it (azure_ai_ml.py).
#   tests/e2e/azure-ai-ml.sh BINARY
set -uo pipefail
binary=$(realpath "${1:?usage: azure-ai-ml.sh BINARY}")
here=$(dirname "$(realpath "$0")")
# Debian's own python3: that is where its packages are.
python=/usr/bin/python3
[ -d /usr/lib/python3/dist-packages/azure/ai/ml ] || { echo "skipped: azure-ai-ml is not installed (./dev setup all)"; exit 0; }
. "$(dirname "$(realpath "$0")")/lib.sh"
export HOME=$scratch/home
mkdir -p "$HOME"
serve_cloud 0 6000 100
cd "$scratch" || exit 1
HTTPS_PROXY=http://localhost:$port REQUESTS_CA_BUNDLE=$ca AZURE_CORE_COLLECT_TELEMETRY=0 \
  timeout 240 "$python" -W ignore "$here/azure_ai_ml.py" 2>"$scratch/stderr"
code=$?
[ $code -eq 0 ] || tail -20 "$scratch/stderr"
exit $code
