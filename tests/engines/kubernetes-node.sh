#!/usr/bin/env bash
# One node of the test cluster: containerd and kubelet in a network namespace, a mount namespace and a cgroup of their own.
#   kubernetes-node.sh up FOLDER N | down FOLDER N | start-kubelet FOLDER N | kill-kubelet FOLDER N
#   kubernetes-node.sh lose FOLDER N | find FOLDER N: a power cut, and the same machine back again
# Kubelet and containerd have some paths wired in (/var/lib/kubelet, /var/log/pods, ...): in the node's mount namespace
# folders of the node lie over them, so several nodes share a machine, and all mounts go away with the namespace.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
verb=$1 folder=$2 number=$3
name=drover-node$number node=$folder/cluster/node$number keys=$folder/cluster/keys logs=$folder/cluster/logs
address=10.250.0.1$number
wired=(/var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers /run/netns)
export PATH="$folder/bin:$folder/debian/usr/bin:$folder/debian/usr/sbin:$PATH"

controllers() { # cgroup v1: a tree for each controller; v2: one tree
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo /sys/fs/cgroup
  else for tree in /sys/fs/cgroup/*/; do echo "${tree%/}"; done; fi
}
make_cgroups() {
  local tree file
  for tree in $(controllers); do
    mkdir -p "$tree/$name"
    for file in cpuset.cpus cpuset.mems; do # v1 only: empty in a new cpuset, and nothing can run there
      [ -f "$tree/cgroup.controllers" ] || [ ! -f "$tree/$file" ] || cat "$tree/$file" >"$tree/$name/$file"
    done
  done
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    for tree in cpu cpuset memory pids; do echo "+$tree" >/sys/fs/cgroup/cgroup.subtree_control || true; done
  fi
}

make_network() {
  ip netns add "$name"
  ip link add "drover-kube$number" type veth peer name eth0 netns "$name"
  ip link set "drover-kube$number" master drover-kube0 up
  ip -n "$name" link set lo up
  ip -n "$name" addr add "$address/24" dev eth0
  ip -n "$name" link set eth0 up
  ip -n "$name" route add default via 10.250.0.1
  nsenter --net="/run/netns/$name" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  ip route replace "10.244.$number.0/24" via "$address" # this machine reaches pods
  local other
  for other in 1 2 3; do # and so do the other nodes
    [ "$other" = "$number" ] || ip -n "$name" route add "10.244.$other.0/24" via "10.250.0.1$other"
  done
}

make_files() {
  mkdir -p "$node"/{cni,kubelet,containerd,volume-plugins,wired}
  openssl ecparam -name prime256v1 -genkey -noout -out "$node/kubelet.key"
  openssl req -new -key "$node/kubelet.key" -subj "/O=system:nodes/CN=system:node:node$number" -out "$node/kubelet.csr"
  printf 'keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:node%s,IP:%s\n' \
    "$number" "$address" >"$node/kubelet.ext"
  openssl x509 -req -in "$node/kubelet.csr" -CA "$keys/ca.crt" -CAkey "$keys/ca.key" -CAcreateserial -days 30 \
    -extfile "$node/kubelet.ext" -out "$node/kubelet.crt" 2>/dev/null
  local template
  for template in containerd.toml kubelet.yaml kubelet.kubeconfig cni.conflist; do
    sed -e "s#@NODE@#$node#g; s#@FOLDER@#$folder#g; s#@KEYS@#$keys#g; s#@ADDRESS@#$address#g; s#@NUMBER@#$number#g; s#@CGROUP@#$name#g" \
      "$here/node/$template" >"$node/$template"
  done
  mv "$node/cni.conflist" "$node/cni/10.conflist"
}

# A process that keeps the namespaces, with the node's folders over the paths that are wired in.
hold_namespaces() {
  local path
  for path in "${wired[@]}"; do mkdir -p "$path" "$node/wired$path"; done
  setsid nsenter --net="/run/netns/$name" unshare --mount --propagation private \
    sh -c 'node=$1; shift; for path; do mount --bind "$node/wired$path" "$path" || exit; done; touch "$node/held"; exec sleep infinity' \
    sh "$node" "${wired[@]}" >"$logs/holder-$number.log" 2>&1 </dev/null &
  echo $! >"$node/holder.pid"
  for _ in $(seq 100); do [ -f "$node/held" ] && return; sleep 0.05; done
  cat "$logs/holder-$number.log" >&2
  return 1
}
# With --root too: a mount namespace is entered at the machine's own root, which in a chroot is another.
inside() { nsenter --target "$(cat "$node/holder.pid")" --net --mount --root "$@"; }

start_kubelet() {
  setsid nsenter --target "$(cat "$node/holder.pid")" --net --mount --root kubelet --config="$node/kubelet.yaml" \
    --kubeconfig="$node/kubelet.kubeconfig" --root-dir="$node/kubelet" --hostname-override="node$number" --node-ip="$address" \
    --container-runtime=remote --container-runtime-endpoint="unix://$node/containerd.sock" >>"$logs/kubelet-$number.log" 2>&1 </dev/null &
  echo $! >"$folder/cluster/kubelet-$number.pid"
}

start_containerd() {
  setsid nsenter --target "$(cat "$node/holder.pid")" --net --mount --root containerd --config "$node/containerd.toml" \
    >"$logs/containerd-$number.log" 2>&1 </dev/null &
  local containerd=$!
  for _ in $(seq 150); do
    if [ -S "$node/containerd.sock" ] && ctr --address "$node/containerd.sock" version >/dev/null 2>&1; then return; fi
    kill -0 "$containerd" 2>/dev/null || break
    sleep 0.1
  done
  echo "containerd of node $number did not start:" >&2
  tail -3 "$logs/containerd-$number.log" >&2
  return 1
}

up() {
  mkdir -p "$node" "$logs"
  make_cgroups
  make_network
  make_files
  hold_namespaces
  start_containerd
  local image
  for image in pause busybox python; do
    ctr --address "$node/containerd.sock" --namespace k8s.io images import "$folder/images/$image.tar" >/dev/null
  done
  start_kubelet
}

# Everything of a node is in its cgroup (pods) or in its mount namespace (kubelet, containerd, shims, the holder).
kill_all() { # kill_all [BUT]: a process that stays
  local round process namespace
  namespace=$(readlink "/proc/$(cat "$node/holder.pid" 2>/dev/null)/ns/mnt" 2>/dev/null || true)
  for round in 1 2; do # twice: the first round may race a container that is just starting
    if [ -n "$namespace" ] && [ "$namespace" != "$(readlink /proc/self/ns/mnt)" ]; then
      for process in /proc/[0-9]*; do
        [ "${process#/proc/}" != "${1:-}" ] || continue
        [ "$(readlink "$process/ns/mnt" 2>/dev/null)" != "$namespace" ] || kill -9 "${process#/proc/}" 2>/dev/null || true
      done
    fi
    # shellcheck disable=SC2046 # folders of cgroups have no blanks
    for process in $(find $(controllers | sed "s#\$#/$name#") -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u); do
      kill -9 "$process" 2>/dev/null || true
    done
    sleep 0.2
  done
}

down() {
  [ -d "$node" ] || return 0
  local tree
  kill_all
  ip link del "drover-kube$number" 2>/dev/null || true
  ip netns del "$name" 2>/dev/null || true
  for tree in $(controllers); do find "$tree/$name" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
  rm -rf "$node"
}

case $verb in
  up) up ;;
  down) down ;;
  start-kubelet) start_kubelet ;;
  lose)
    kill -9 "$(cat "$folder/cluster/kubelet-$number.pid")" # first: who has lost its power tells nobody how its pods end
    kill_all "$(cat "$node/holder.pid")"
    ;;
  find) start_containerd && start_kubelet ;;
  kill-kubelet) kill -9 "$(cat "$folder/cluster/kubelet-$number.pid")" ;;
  *) echo "kubernetes-node.sh: no such verb: $verb" >&2; exit 2 ;;
esac
