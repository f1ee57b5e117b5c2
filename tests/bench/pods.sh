#!/usr/bin/env bash
# A job of 30 pods on a real cluster beside the same Jobs by kubectl, PAIRS times in turn, from the command to the last end
# (Drover's: with its log and outputs here).
#   pods.sh BUILD FOLDER KUBECONFIG KUBECTL [PAIRS=7] [PODS=30]
set -euo pipefail
build=$(realpath "$1") folder=$(realpath "$2") kubectl=$4 pairs=${5:-7} pods=${6:-30}
export KUBECONFIG=$3 DROVER_SERVE=never DROVER_STATE=$folder/state
image=localhost/busybox:1

row() { printf '%-52s %-34s %-24s %s\n' "$@"; }
since() { bc <<<"scale=2; $(date +%s.%N) - $1"; }

by_drover() {
  local from
  from=$(date +%s.%N)
  "$build/drover" job submit "$folder/pods.yml" --wait >/dev/null 2>"$folder/drover.err" || { cat "$folder/drover.err" >&2; exit 1; }
  took=$(since "$from")
}
by_kubectl() {
  local from
  from=$(date +%s.%N)
  "$kubectl" apply --validate=false -f "$folder/pods.json" >/dev/null
  "$kubectl" wait --for=condition=complete --timeout=300s jobs -l drover.dev/attempt=bench.1 >/dev/null
  took=$(since "$from")
  "$kubectl" delete jobs -l drover.dev/attempt=bench.1 --wait=true >/dev/null
}
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

printf 'command: "true"\ncompute: kubernetes\nenvironment: {image: %s}\nresources: {instance_count: %s}\ndistribution: {type: pytorch}\n' \
  "$image" "$pods" >"$folder/pods.yml"
"$build/drover_job_cost" pods "$image" "$pods" >"$folder/pods.json"
ours=() theirs=()
for pair in $(seq "$pairs"); do
  if [ $((pair % 2)) = 1 ]; then by_drover; ours+=("$took"); by_kubectl; theirs+=("$took")
  else by_kubectl; theirs+=("$took"); by_drover; ours+=("$took"); fi
done
row "a job of $pods pods, real Kubernetes 1.20.2" "$(median "${ours[@]}") s" "1.1 x kubectl's" \
  "kubectl: $(median "${theirs[@]}") s (medians of $pairs pairs: ${ours[*]} | ${theirs[*]})"
