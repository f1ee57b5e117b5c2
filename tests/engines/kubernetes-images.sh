#!/usr/bin/env bash
# Makes the images that a cluster without a registry needs, as archives that containerd imports: kubernetes-images.sh FOLDER
# writes FOLDER/images/{pause,busybox,python}.tar (localhost/pause:1 and so on; the last is busybox with Debian's Python).
set -euo pipefail
folder=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
made=$folder/images/made-2 # raise it when what is made changes
[ -f "$made" ] && exit
rm -rf "$folder/images"
work=$folder/images/work
mkdir -p "$work"/{pause,python,packages,busybox/{bin,etc,proc,sys,dev,tmp}}

# archive NAME ENTRYPOINT: one layer of work/NAME, in the form of `docker save`.
archive() {
  local layer="$work/layer.tar" digest
  tar --owner=0 --group=0 -C "$work/$1" -cf "$layer" .
  digest=$(sha256sum "$layer" | cut -d' ' -f1)
  printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin:/bin"]%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$2" "$digest" >"$work/config.json"
  printf '[{"Config":"config.json","RepoTags":["localhost/%s:1"],"Layers":["layer.tar"]}]' "$1" >"$work/manifest.json"
  tar -C "$work" -cf "$folder/images/$1.tar" manifest.json config.json layer.tar
}

cc -O2 -static -s -o "$work/pause/pause" "$here/pause.c"
archive pause ',"Entrypoint":["/pause"]'

cp "$folder/debian/bin/busybox" "$work/busybox/bin/"
for applet in $("$work/busybox/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$work/busybox/bin/$applet"
done
echo 'root:x:0:0:root:/:/bin/sh' >"$work/busybox/etc/passwd"
archive busybox ''

# What Python's own library for HTTP and TLS needs, and no more.
packages=(python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 zlib1g libexpat1 libssl3 libbz2-1.0 liblzma5 libffi8 libuuid1)
apt-cache show "${packages[0]}" >/dev/null 2>&1 || apt-get update -qq # a new machine has no lists yet
(cd "$work/packages" && apt-get -o APT::Sandbox::User=root download -qq "${packages[@]}")
for package in "$work"/packages/*.deb; do dpkg -x "$package" "$work/python"; done
rm -rf "$work/python/usr/share"
ln -s python3.11 "$work/python/usr/bin/python3"
cp -a "$work"/busybox/. "$work/python/"
archive python ''

rm -r "$work"
touch "$made"
