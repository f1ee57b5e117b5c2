#!/usr/bin/env bash
# Builds FOLDER/newer/apiserver of what Debian's unstable has of Kubernetes 1.36: kubernetes-newer-build.sh FOLDER. See
# newer/main.go for what it is. Nothing is installed: Go and the libraries are unpacked into FOLDER/newer, and go after the
# build. About four minutes on two cores, 200 MB to fetch, and 2 GB for that time.
# Exits with 3, and says why, when unstable (which moves) has them no more: tests then say that they were left out.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1/newer
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9

release=0.36 # of the libraries: Kubernetes 1.36
recipe=$(cat "$here"/newer/*.go "${BASH_SOURCE[0]}" | sha256sum | cut -c1-16)
if [ -x "$folder/apiserver" ] && [ "$(cat "$folder/recipe" 2>/dev/null)" = "$recipe" ]; then exit; fi
say() { printf '== %s\n' "$*" >&2; }
leave() {
  echo "a newer API server is not to be had here: $*" >&2
  exit 3
}

# apt with a list and a state of its own: unstable alone, and nothing counted as installed.
apt=$folder/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
: >"$apt/status"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
source=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' | awk -v is="$codename" '$2 == is && $3 == "main" {print $1; exit}')
[ -n "$source" ] || leave "no source of Debian's packages is known to apt"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source sid main" >"$apt/sources.list"
cat >"$apt/apt.conf" <<CONF
Dir::State "$apt"; Dir::State::lists "$apt/lists"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list"; Dir::Etc::sourceparts "/dev/null"; APT::Sandbox::User "root";
CONF
export APT_CONFIG=$apt/apt.conf
apt-get update -qq || leave "Debian's unstable does not answer"
for library in apiserver apiextensions-apiserver; do
  has=$(apt-cache policy "golang-k8s-$library-dev" | sed -n 's/^ *Candidate: //p')
  case $has in $release.*) ;; *) leave "unstable has $library ${has:-no more}, and this is written for $release" ;; esac
done
version=v1.${has#0.}
version=${version%%-*}

# All that the libraries depend on, but for the greatest that nothing of it is compiled.
mapfile -t packages < <(apt-get install -s --no-install-recommends golang-k8s-apiextensions-apiserver-dev golang-go 2>/dev/null |
  awk '$1 == "Inst" && $2 ~ /^golang-/ {print $2}' |
  grep -vE '^golang-(github-(cloudflare-circl|aws-|pierrec-lz4|apache-arrow|charmbracelet|nats-io-nats-server)|google-cloud-dev|google-api|golang-x-image|mongodb|gonum)')
[ ${#packages[@]} -gt 100 ] || leave "unstable's packages do not fit together today"
say "unpacking Go and ${#packages[@]} libraries of Debian's unstable"
rm -rf "$folder/packages" "$folder/debian"
mkdir -p "$folder/packages" "$folder/debian"
(cd "$folder/packages" && apt-get download -qq "${packages[@]}") || leave "not all of unstable's packages can be fetched"
for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/debian"; done
rm -r "$folder/packages"

GOROOT=$(echo "$folder"/debian/usr/lib/go-1.*)
export GOROOT GOPATH="$folder/go:$folder/debian/usr/share/gocode" GOCACHE="$folder/go/cache" GO111MODULE=off GOFLAGS='' GOPROXY=off
export CGO_ENABLED=0 GOTOOLCHAIN=local PATH="$GOROOT/bin:$PATH"
rm -rf "$folder/go" && mkdir -p "$folder/go/src/newer/server" "$folder/go/bin"
cp "$here"/newer/*.go "$folder/go/src/newer/server/"
cd "$folder/go"
say "generating the OpenAPI definitions"
go build -p 2 -o bin/openapi-gen k8s.io/kube-openapi/cmd/openapi-gen
api=(core/v1 batch/v1 apps/v1 policy/v1 coordination/v1 autoscaling/v1)
machinery=(pkg/apis/meta/v1 pkg/runtime pkg/version pkg/api/resource pkg/util/intstr)
bin/openapi-gen --output-dir src/newer/openapi --output-pkg newer/openapi --output-file zz_generated.openapi.go --report-filename violations \
  --go-header-file /dev/null "${api[@]/#/k8s.io/api/}" "${machinery[@]/#/k8s.io/apimachinery/}"
say "building an API server of $version"
minor=${version#v1.}
about=k8s.io/component-base/version
go build -p 2 -ldflags "-s -w -X $about.gitVersion=$version -X $about.gitMajor=1 -X $about.gitMinor=${minor%%.*}" \
  -o "$folder/apiserver" newer/server
cd "$folder"
rm -rf go debian apt
echo "$recipe" >"$folder/recipe"
