#!/usr/bin/env bash
# In a guest with control groups of version 2 (guest.sh): limits of processes, as root and as a user to whom a group was
# handed on, of jobs on this machine, and of pods of the local cloud.
#   guest-limits.sh BINARY UNIT_TESTS [KUBECTL]
set -uo pipefail
binary=$(realpath "$1") tests=$(realpath "$2") kubectl=${3:+$(realpath "$3")}
groups=/sys/fs/cgroup
[ "$(stat -fc %T $groups)" = cgroup2fs ] || { echo "not a machine with control groups of version 2 alone: use guest.sh" >&2; exit 2; }
. "$(dirname "$(realpath "$0")")/../e2e/lib.sh"
filter='RealProcesses.*:Cgroup*'
# all_passed NAME STATUS SAID : of a suite that neither failed nor skipped anything
all_passed() {
  same "$1: $(grep -E '^\[  PASSED' <<<"$3")" "$2, $(grep -c '^\[  SKIPPED' <<<"$3") skipped" "0, 0 skipped"
  grep -E '^\[  (FAILED|SKIPPED)|Failure|Skipped|^  Actual' <<<"$3" | head -20
}

same "no controller is handed on by the root of a machine that has just booted" "$(cat $groups/cgroup.subtree_control)" ""
said=$("$tests" --gtest_color=no --gtest_filter="$filter" 2>&1)
all_passed "as root" $? "$said"
holds "which handed the controllers on" "$(cat $groups/cgroup.subtree_control)" "cpu memory pids"

# What systemd does for `systemd-run --user --scope -p Delegate=yes`: a group that its user owns, and a shell in it.
mkdir -p $groups/user/session
echo "+memory +pids +cpu" >$groups/user/cgroup.subtree_control
mkdir "$scratch/own" && chown 1000:1000 "$scratch/own" && chmod 755 "$scratch"
scopes=0
as_user() { # as_user scope|session COMMAND... : in a new group that is the user's own, or in one that is not
  local group=$1 file
  shift
  if [ "$group" = scope ]; then
    group=scope-$((scopes += 1))
    mkdir "$groups/user/$group"
    for file in . cgroup.procs cgroup.threads cgroup.subtree_control; do chown 1000:1000 "$groups/user/$group/$file"; done
  fi
  (echo $BASHPID >"$groups/user/$group/cgroup.procs" && cd "$scratch/own" &&
    exec setpriv --reuid 1000 --regid 1000 --clear-groups env HOME="$scratch/own" TMPDIR="$scratch/own" "$@")
}
as_user scope "$tests" --gtest_color=no --gtest_filter="$filter" >"$scratch/said" 2>&1
all_passed "as a user with a group" $? "$(<"$scratch/said")"

# Jobs on this machine.
cat >"$scratch/memory.yml" <<'YAML'
command: tail /dev/zero
environment: {image: host}
compute: local
resources: {docker_args: "--memory 64m"}
YAML
cd "$scratch" || exit 1
id_of() { sed -n 's/^Job \([0-9a-f]*\).*/\1/p' | head -1; }
id=$(DROVER_STATE=$scratch/root timeout 120 "$binary" job submit memory.yml --environment host --wait 2>&1 | id_of)
holds "a job says that it was killed for its memory" "$(DROVER_STATE=$scratch/root "$binary" job why "$id" 2>&1)" memory
chmod 644 memory.yml
as_user scope env DROVER_STATE="$scratch/own/state" XDG_CONFIG_HOME="$scratch/own/config" timeout 120 "$binary" job submit "$scratch/memory.yml" --environment host --wait >"$scratch/said" 2>&1
said=$(<"$scratch/said")
holds "and so does one of a user with a group" "$said" memory
as_user session env DROVER_STATE="$scratch/own/other" XDG_CONFIG_HOME="$scratch/own/config" timeout 120 "$binary" job submit "$scratch/memory.yml" --environment host --wait >"$scratch/said" 2>&1
said=$(<"$scratch/said")
holds "one of a user without says what to do" "$said" "Delegate=yes"

# Pods.
if [ -n "$kubectl" ]; then
  cat >estate.yaml <<'YAML'
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
      nodepool1: {size: Standard_D4_v3, nodes: 1}
YAML
  serve_cloud 0 600
  "${azure[@]}" "$binary" apply --yes estate.yaml >apply.log 2>&1 || { cat apply.log; exit 1; }
  "${azure[@]}" "$binary" kubeconfig training -f estate.yaml --out kubeconfig >/dev/null || exit 1
  kube() { "$kubectl" --kubeconfig "$scratch/kubeconfig" "$@"; }
  cat >pods.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: greedy}
spec:
  restartPolicy: Never
  containers: [{name: main, image: host, command: [tail, /dev/zero], resources: {limits: {memory: 64Mi}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: slow}
spec:
  restartPolicy: Never
  containers: [{name: main, image: host, command: [sleep, "300"], resources: {limits: {cpu: 250m, memory: 64Mi}}}]
YAML
  kube apply -f pods.yaml --validate=false >/dev/null
  soon "a pod over its memory is OOMKilled" OOMKilled kube get pod greedy -o "jsonpath={.status.containerStatuses[0].state.terminated.reason}"
  same "with the code of SIGKILL" "$(kube get pod greedy -o 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}')" 137
  soon "another runs" Running kube get pod slow -o "jsonpath={.status.phase}"
  quotas() { find $groups -name 'pod.*.main.*' -type d -exec cat {}/cpu.max \; | grep -v max; }
  same "with its quota of processor time" "$(quotas)" "25000 100000"
  kube delete pod slow --grace-period=0 --force >/dev/null 2>&1
fi
tell
