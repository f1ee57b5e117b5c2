#!/usr/bin/env bash
# A throw-away real Kubernetes on this machine, for tests: etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
# and 1 to 3 nodes (kubelet, containerd, runc), each in a network namespace on a bridge that leads nowhere else.
#   kubernetes.sh up FOLDER [NODES]   builds what is missing in FOLDER, starts all, prints the kubeconfig's path
#   kubernetes.sh down FOLDER         ends all, and leaves nothing but the build
#   kubernetes.sh restart FOLDER      kills the API server (kill -9) and starts it again
#   kubernetes.sh newer FOLDER        starts a newer API server over the same store (newer/main.go), prints its kubeconfig's path;
#                                     exits with 3 where it is not to be had. restart-newer FOLDER does with it what restart does
#   kubernetes.sh lose FOLDER NODE    ends all of a node at once, as a power cut does; find FOLDER NODE brings it back
# Needs root. No cluster DNS, no service addresses (no kube-proxy): pods reach each other by address.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
verb=${1:-} folder=${2:-}
[ -n "$folder" ] || { sed -n '2,11p' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "a cluster needs root: network namespaces, cgroups and mounts" >&2; exit 1; }

cluster=$folder/cluster keys=$folder/cluster/keys logs=$folder/cluster/logs
address=10.250.0.1 # of the bridge: nodes and this machine reach the API server there
server=https://$address:16443
newer_port=16444
etcd=http://127.0.0.1:12379
export PATH="$folder/bin:$folder/debian/usr/bin:$folder/debian/usr/sbin:$PATH"

say() { printf '%s\n' "$*" >&2; }
start() { # start NAME COMMAND...: in the background, its output in a log, its process id kept
  local name=$1
  shift
  setsid "$@" >"$logs/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$cluster/$name.pid"
}
# await NAME SECONDS COMMAND...: until the command succeeds; fails when the named process has ended or time is up.
await() {
  local name=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ] || { [ -f "$cluster/$name.pid" ] && ! kill -0 "$(cat "$cluster/$name.pid")" 2>/dev/null; }; then
      say "$name did not become ready; the end of $logs/$name.log:"
      tail -5 "$logs/$name.log" >&2
      return 1
    fi
    sleep 0.2
  done
}

make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$keys/$1.key"; }
make_certificate() { # make_certificate NAME SUBJECT [NAMES]: signed by the cluster's own authority, which dies with it
  make_key "$1"
  openssl req -new -key "$keys/$1.key" -subj "$2" -out "$keys/$1.csr"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n%s\n' \
    "${3:+subjectAltName=$3}" >"$keys/$1.ext"
  openssl x509 -req -in "$keys/$1.csr" -CA "$keys/ca.crt" -CAkey "$keys/ca.key" -CAcreateserial -days 30 \
    -extfile "$keys/$1.ext" -out "$keys/$1.crt" 2>/dev/null
}
make_kubeconfig() { # make_kubeconfig FILE USER SERVER
  cat >"$cluster/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: engine, cluster: {server: "$3", certificate-authority: keys/ca.crt}}]
users: [{name: $2, user: {client-certificate: keys/$2.crt, client-key: keys/$2.key}}]
contexts: [{name: engine, context: {cluster: engine, user: $2}}]
current-context: engine
YAML
}
make_keys() {
  make_key ca
  openssl req -x509 -new -key "$keys/ca.key" -subj /CN=engine-ca -days 30 -out "$keys/ca.crt"
  make_certificate apiserver /CN=kube-apiserver "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:$address"
  make_certificate admin /O=system:masters/CN=admin
  make_certificate controllers /CN=system:kube-controller-manager DNS:localhost
  make_certificate scheduler /CN=system:kube-scheduler DNS:localhost
  make_certificate kubelet-client /O=system:masters/CN=apiserver-kubelet-client
  openssl genrsa -out "$keys/tokens.key" 2048 2>/dev/null
  openssl rsa -in "$keys/tokens.key" -pubout -out "$keys/tokens.pub" 2>/dev/null
  local name
  for name in admin controllers scheduler; do make_kubeconfig $name $name "$server"; done
  make_kubeconfig newer admin "https://$address:$newer_port"
}

start_apiserver() {
  start apiserver kube-apiserver --etcd-servers=$etcd --bind-address=$address --advertise-address=$address --secure-port=16443 \
    --client-ca-file="$keys/ca.crt" --tls-cert-file="$keys/apiserver.crt" --tls-private-key-file="$keys/apiserver.key" \
    --kubelet-client-certificate="$keys/kubelet-client.crt" --kubelet-client-key="$keys/kubelet-client.key" \
    --kubelet-certificate-authority="$keys/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$keys/tokens.pub" \
    --service-account-signing-key-file="$keys/tokens.key" --service-cluster-ip-range=10.96.0.0/16 \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --audit-policy-file="$cluster/audit.yaml" --audit-log-path="$logs/audit.json"
}
# What people (not the cluster's own parts) asked for, bodies included: tests hold that against newer releases.
make_audit_policy() {
  cat >"$cluster/audit.yaml" <<YAML
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Request, users: [admin]}, {level: None}]
YAML
}
start_newer() {
  start newer "$folder/newer/apiserver" -etcd $etcd -address $address -port $newer_port -authority "$keys/ca.crt" \
    -certificate "$keys/apiserver.crt" -key "$keys/apiserver.key" \
    -kubelet-certificate "$keys/kubelet-client.crt" -kubelet-key "$keys/kubelet-client.key"
  await newer 60 is_apiserver_ready $newer_port
}
is_apiserver_ready() { # is_apiserver_ready [PORT]
  curl -fsS --cacert "$keys/ca.crt" --cert "$keys/admin.crt" --key "$keys/admin.key" "https://$address:${1:-16443}/readyz"
}
# kill_server NAME PORT : as a crash does, and waits until its port is free
kill_server() {
  kill -9 "$(cat "$cluster/$1.pid")"
  # The kernel takes its time with the sockets of what is killed.
  for _ in $(seq 100); do (exec 3<>"/dev/tcp/$address/$2") 2>/dev/null || break; sleep 0.1; done
}

start_control_plane() {
  ip link add drover-kube0 type bridge
  ip addr add $address/24 dev drover-kube0
  ip link set drover-kube0 up
  start etcd etcd --name engine --data-dir "$cluster/etcd" --listen-client-urls $etcd --advertise-client-urls $etcd \
    --listen-peer-urls http://127.0.0.1:12380 --initial-advertise-peer-urls http://127.0.0.1:12380 \
    --initial-cluster engine=http://127.0.0.1:12380
  await etcd 30 curl -fsS $etcd/health
  start_apiserver
  await apiserver 90 is_apiserver_ready
  # A node is lost after 8 s of silence instead of 40, so that tests of node loss end soon.
  start controllers kube-controller-manager --kubeconfig="$cluster/controllers.kubeconfig" --bind-address=127.0.0.1 --port=0 \
    --use-service-account-credentials --service-account-private-key-file="$keys/tokens.key" --root-ca-file="$keys/ca.crt" \
    --leader-elect=false --tls-cert-file="$keys/controllers.crt" --tls-private-key-file="$keys/controllers.key" \
    --node-monitor-grace-period=8s --node-monitor-period=1s --kube-api-qps=200 --kube-api-burst=400
  start scheduler kube-scheduler --kubeconfig="$cluster/scheduler.kubeconfig" --bind-address=127.0.0.1 --port=0 --leader-elect=false \
    --tls-cert-file="$keys/scheduler.crt" --tls-private-key-file="$keys/scheduler.key"
  await controllers 60 kubectl get serviceaccount default
}

are_nodes_ready() { [ "$(kubectl get nodes --no-headers | grep -c ' Ready ')" = "$1" ]; }

up() {
  local nodes=$1 number
  "$here/kubernetes-build.sh" "$folder"
  "$here/kubernetes-images.sh" "$folder"
  export KUBECONFIG=$cluster/admin.kubeconfig
  if [ -f "$cluster/running" ] && [ "$(cat "$cluster/running")" = "$nodes" ] && kubectl get --raw /readyz >/dev/null 2>&1; then
    say "already up"
    echo "$KUBECONFIG"
    return
  fi
  down
  mkdir -p "$keys" "$logs"
  make_keys
  make_audit_policy
  start_control_plane
  for number in $(seq 1 "$nodes"); do "$here/kubernetes-node.sh" up "$folder" "$number"; done
  await kubelet-1 60 are_nodes_ready "$nodes"
  echo "$nodes" >"$cluster/running"
  say "$nodes node(s) ready after $SECONDS s; export KUBECONFIG=$KUBECONFIG"
  echo "$KUBECONFIG"
}

down() {
  local number name
  for number in 1 2 3; do "$here/kubernetes-node.sh" down "$folder" $number; done
  for name in newer scheduler controllers apiserver etcd; do
    [ -f "$cluster/$name.pid" ] || continue
    # Killed: there is nothing to save, and the API server takes a minute to drain. Not if another program has its number now.
    case "$(readlink "/proc/$(cat "$cluster/$name.pid")/exe" || true)" in
      "$(readlink -f "$folder")"/*) kill -9 "$(cat "$cluster/$name.pid")" || true ;;
    esac
  done
  ip link del drover-kube0 2>/dev/null || true
  rm -rf "$cluster"
}

case $verb in
  up) up "${3:-1}" ;;
  down) down ;;
  restart)
    kill_server apiserver "${server##*:}"
    start_apiserver
    await apiserver 90 is_apiserver_ready
    ;;
  newer)
    [ -f "$cluster/running" ] || { echo "kubernetes.sh newer: no cluster is up; kubernetes.sh up first" >&2; exit 1; }
    "$here/kubernetes-newer-build.sh" "$folder" || exit
    is_apiserver_ready $newer_port >/dev/null 2>&1 || start_newer
    echo "$cluster/newer.kubeconfig"
    ;;
  restart-newer)
    kill_server newer $newer_port
    start_newer
    ;;
  lose) "$here/kubernetes-node.sh" lose "$folder" "${3#node}" ;;
  find)
    "$here/kubernetes-node.sh" find "$folder" "${3#node}"
    export KUBECONFIG=$cluster/admin.kubeconfig
    await "kubelet-${3#node}" 60 are_nodes_ready "$(cat "$cluster/running")"
    ;;
  *) echo "kubernetes.sh: up, down, newer, restart, restart-newer, lose or find, not \"$verb\"" >&2; exit 2 ;;
esac
