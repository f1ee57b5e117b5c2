#!/usr/bin/env bash
# Builds Kubernetes 1.20.2 from Debian's own source package into FOLDER/bin, and unpacks the Debian programs that a cluster
# needs beside it into FOLDER/debian: kubernetes-build.sh FOLDER. Nothing is installed, so nothing of the machine's own
# (its kubectl, Docker's containerd, a Go) is in the way. About six minutes on two cores, and 3 GB for that time.
set -euo pipefail
folder=$1
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # two checkouts on one machine build it once

version=1.20.2
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
debian=(golang-1.19-go golang-1.19-src etcd-server containerd runc containernetworking-plugins kubernetes-client busybox-static)
go=$folder/debian/usr/lib/go-1.19
say() { printf '== %s\n' "$*" >&2; }

unpack_debian() {
  if [ -f "$folder/debian/unpacked" ] && { [ -f "$folder/bin/built" ] || [ -d "$go" ]; }; then return; fi
  say "unpacking ${debian[*]} from Debian"
  rm -rf "$folder/debian" "$folder/packages"
  mkdir -p "$folder/debian" "$folder/packages"
  (cd "$folder/packages" && apt-get -o APT::Sandbox::User=root download -qq "${debian[@]}")
  local package
  for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/debian"; done
  rm -r "$folder/packages"
  touch "$folder/debian/unpacked"
}

# The machine's own list of sources is left alone: apt is given a list of ours, made of the same addresses.
fetch_source() {
  local own="$folder/apt"
  mkdir -p "$own/lists/partial" "$folder/source"
  apt-get indextargets --format 'deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' | grep -E ' main$' | sort -u >"$own/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$own/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$own/lists"
    -o "Dir::Cache::pkgcache=$own/packages.bin" -o "Dir::Cache::srcpkgcache=$own/sources.bin" -o APT::Sandbox::User=root) # the cache may not be readable for apt's own user
  apt-get "${options[@]}" update -qq
  (cd "$folder/source" && apt-get "${options[@]}" source -qq --download-only kubernetes)
  ls "$folder"/source/kubernetes_*really$version.orig.tar.gz >/dev/null || {
    echo "Debian's source package of Kubernetes is not $version any more (see $folder/source): this script builds no other" >&2
    exit 1
  }
}

build() {
  local tree="$folder/go/src/k8s.io/kubernetes"
  rm -rf "$folder/go" && mkdir -p "$folder/go/src/k8s.io" "$folder/bin"
  tar -xzf "$folder"/source/kubernetes_*.orig.tar.gz -C "$folder/go/src/k8s.io"
  mv "$folder/go/src/k8s.io/kubernetes-$version" "$tree"
  export GOROOT="$go" GOPATH="$folder/go" GOCACHE="$folder/go/cache" GO111MODULE=off GOFLAGS='' GOPROXY=off CGO_ENABLED=0
  export PATH="$GOROOT/bin:$PATH"
  cd "$tree"
  # Debian's tree lacks one generated file: the OpenAPI of every type. Its generator is in the tree.
  say "generating the OpenAPI definitions"
  go build -p 2 -o "$folder/go/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  local types
  types=$(grep -rl --include='*.go' '+k8s:openapi-gen=' vendor/k8s.io/*/ pkg cmd |
    grep -vE 'vendor/k8s.io/(code-generator|sample-apiserver|gengo|kube-openapi)/' |
    xargs -n1 dirname | LC_ALL=C sort -u | sed 's#//#/#g; s#^#k8s.io/kubernetes/#' | paste -sd,)
  "$folder/go/openapi-gen" --logtostderr -i "$types" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$folder/go/violations" --output-base "$folder/go/src"
  say "building ${programs[*]}"
  go build -p 2 -tags providerless -ldflags "-s -w -X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=v$version" -o "$folder/bin/" \
    "${programs[@]/#/k8s.io/kubernetes/cmd/}"
}

unpack_debian
if [ ! -f "$folder/bin/built" ]; then
  say "Kubernetes $version from Debian's source package, once: about six minutes"
  fetch_source
  build
  touch "$folder/bin/built"
  chmod -R u+w "$folder/go" && rm -rf "$folder/go" "$folder/source" "$folder/apt" "$go" "$folder/debian/usr/share/go-1.19"
fi
