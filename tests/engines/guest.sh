#!/usr/bin/env bash
# Runs a command on this machine's files, under Debian's kernel with control groups of version 2 alone:
#   guest.sh FOLDER COMMAND...
# A virtual machine (KVM, or several times slower without) whose root is this machine's, read-only with a memory of its own on top:
# what the command writes is gone with it. The command runs as root in this directory, its output and status come back.
# FOLDER keeps Debian's kernel and QEMU, unpacked, never installed. GUEST_SECONDS: the most it may take (default 480).
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
recipe=1 # raise it when what is unpacked changes
debian=$folder/debian

unpack() {
  exec 9>"$folder/lock"
  flock 9 # two checkouts on one machine unpack it once
  [ -f "$debian/unpacked-$recipe" ] && return
  local packages kernel package
  apt-cache show qemu-system-x86 >/dev/null 2>&1 || apt-get update -qq # a new machine has no lists yet
  # The kernel that the newest meta package names, and what QEMU needs that this machine has not.
  kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ {print $2; exit}')
  packages=$(apt-get install -s --no-install-recommends qemu-system-x86 | awk '/^Inst/ {print $2}')
  packages="$packages $kernel qemu-system-x86 qemu-system-common qemu-system-data seabios busybox-static"
  echo "== unpacking $kernel and QEMU from Debian" >&2
  rm -rf "$debian" "$folder/packages"
  mkdir -p "$debian" "$folder/packages"
  # shellcheck disable=SC2086 # a list of names
  (cd "$folder/packages" && apt-get -o APT::Sandbox::User=root download -qq $packages) || {
    echo "some of these are not to be had: $packages" >&2
    exit 1
  }
  for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$debian"; done
  rm -r "$folder/packages"
  touch "$debian/unpacked-$recipe"
}

# load_order FOLDER MODULE : the files of a module and of what it depends on, each after those that it depends on.
load_order() {
  local one
  for one in $(sed -n "s|^$2: *||p" "$1/modules.dep"); do load_order "$1" "$one"; done
  echo "$1/$2"
}

# The first programs of the guest: find this machine's files, put a memory on top, and go there.
make_initrd() {
  local root=$work/initrd modules needed=(virtio_pci virtiofs overlay virtio_console) name
  modules=$(echo "$debian"/lib/modules/*)
  mkdir -p "$root"/{bin,dev,proc,sys,lower,upper,new,modules}
  cp "$debian/bin/busybox" "$root/bin/"
  [ -s "$modules/modules.dep" ] || "$debian/bin/busybox" depmod -b "$debian" "${modules##*/}"
  for name in "${needed[@]}"; do load_order "$modules" "$(grep -o "^[^:]*/$name\.ko" "$modules/modules.dep")"; done |
    awk '!seen[$0]++' >"$work/modules"
  while read -r name; do
    cp "$name" "$root/modules/"
    basename "$name" >>"$root/modules/order"
  done <"$work/modules"
  cat >"$root/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
while read -r name; do insmod "/modules/$name"; done </modules/order
mount -t virtiofs -o ro machine /lower || reboot -f
mount -t tmpfs tmpfs /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new || reboot -f
mount --move /dev /new/dev; mount -t proc proc /new/proc; mount -t sysfs sysfs /new/sys
mkdir -p /new/dev/pts /new/dev/shm; mount -t devpts devpts /new/dev/pts; mount -t tmpfs tmpfs /new/dev/shm; mount -t tmpfs -o mode=1777 tmpfs /new/tmp
mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
cp /command /new/tmp/command
ip link set lo up; hostname guest
# Not chroot: who is in one gets no user namespace.
exec switch_root /new /bin/sh -c '/bin/bash /tmp/command >/dev/hvc0 2>&1 </dev/null; echo "guest-status $?" >/dev/hvc0; sync; echo b >/proc/sysrq-trigger; sleep 60'
INIT
  chmod +x "$root/init"
  printf '%s\n' "export PATH=$(printf %q "$PATH") HOME=/root USER=root LANG=C.UTF-8" "cd $(printf %q "$PWD")" "$(printf '%q ' "$@")" >"$root/command"
  (cd "$root" && find . | "$debian/bin/busybox" cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd.gz"
}

unpack
exec 9>&- # guests may run beside each other
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
make_initrd "$@"
export LD_LIBRARY_PATH=$debian/usr/lib/x86_64-linux-gnu:$debian/lib/x86_64-linux-gnu
"$debian/usr/lib/qemu/virtiofsd" --socket-path="$work/files.sock" -o source=/ -o sandbox=chroot -o cache=always -o log_level=err >"$work/files.log" 2>&1 &
for _ in $(seq 100); do [ -S "$work/files.sock" ] && break; sleep 0.05; done
[ -S "$work/files.sock" ] || { echo "this machine's files cannot be given to a guest:" >&2; cat "$work/files.log" >&2; exit 1; }
# KVM where hardware has it: one of software (kvm_pvm) cannot run all that a kernel does. GUEST_ACCEL=kvm|tcg overrides.
accel=${GUEST_ACCEL:-tcg}
if [ -z "${GUEST_ACCEL:-}" ] && [ -w /dev/kvm ] && { [ -d /sys/module/kvm_intel ] || [ -d /sys/module/kvm_amd ]; }; then accel=kvm; fi
case $accel in kvm) cpu=host ;; *) accel=tcg,thread=multi cpu=max ;; esac
timeout "${GUEST_SECONDS:-480}" "$debian/usr/bin/qemu-system-x86_64" -L "$debian/usr/share/qemu" -L "$debian/usr/share/seabios" \
  -machine q35 -accel "$accel" -cpu "$cpu" -smp 2 -m 4G -nodefaults -no-user-config -display none -no-reboot \
  -object memory-backend-memfd,id=memory,size=4G,share=on -numa node,memdev=memory \
  -chardev "socket,id=files,path=$work/files.sock" -device vhost-user-fs-pci,chardev=files,tag=machine \
  -device virtio-serial-pci -chardev "file,id=out,path=$work/out" -device virtconsole,chardev=out \
  -serial "file:$work/console" -kernel "$debian"/boot/vmlinuz-* -initrd "$work/initrd.gz" \
  -append "console=ttyS0 panic=-1 cgroup_no_v1=all" || true
status=$(tr -d '\r' <"$work/out" 2>/dev/null | sed -n 's/^guest-status //p' | tail -1)
tr -d '\r' <"$work/out" 2>/dev/null | grep -v '^guest-status ' || true
[ -n "$status" ] || { echo "the guest ended without saying how:" >&2; tail -20 "$work/console" >&2; exit 1; }
exit "$status"
