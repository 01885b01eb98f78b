#!/bin/bash
# In the VM, as root: makes ready what labs want of the kernel, runs the command as whoever asked for it, gives back its status.
# virtme-ng's init calls it with the folder of the kernel; the rest is told by the host through qemu's fw_cfg (labkit/vm/values.py).
set -uo pipefail

# The host reads the console: it tells how far we are (labkit/vm/console.py).
tell() { echo "labkit-vm: $*" >/dev/ttyS0; }

kernel=$1
modprobe -d "$kernel" -a qemu_fw_cfg overlay || { tell "no modules in $kernel"; exit 1; }
words=() environment=() modules=() cached=() folder=/ home=/root uid=0 gid=0 port=0
eval "$(cat /sys/firmware/qemu_fw_cfg/by_name/opt/labkit/values/raw)"

# The same files once more, kept in memory once they are read: without this every look at a file is a question to the host.
mount_cached() { # TAG FOLDER
    mount -t 9p -o ro,cache=loose,version=9p2000.L,trans=virtio,access=any,msize=512000 "$1" "$2"
}

# Where modprobe, also the kernel's own, finds this kernel's modules. A host without a kernel of its own has no place for them.
ensure_modules() {
    local place=/usr/lib/modules
    if [ -d "$place" ]; then
        mount -t tmpfs modules "$place"
    else
        mkdir -p /run/labkit/upper /run/labkit/work
        mount -t overlay -o lowerdir=/usr/lib,upperdir=/run/labkit/upper,workdir=/run/labkit/work overlay /usr/lib
        mkdir "$place"
    fi
    ln -s "$kernel/lib/modules/$(uname -r)" "$place/"
    modprobe -a "${modules[@]}" || tell "some modules are missing"
    # ipip would put a tunl0 into every machine of every lab, and be in the way of the one that is made in lab 11.
    sysctl -qw net.core.fb_tunnels_only_for_init_net=1
}

# A port of the host's loopback comes in by qemu's network, and is led on to the loopback here, where the server listens.
ensure_port() {
    local link
    modprobe virtio_net
    udevadm settle # it gives the link its name
    link=$(ip -j link | jq -r '[.[].ifname | select(. != "lo")][0]')
    ip addr add 10.0.2.15/24 dev "$link"
    ip link set "$link" up
    sysctl -qw "net.ipv4.conf.$link.route_localnet=1"
    nft "add table ip labkit; add chain ip labkit in { type nat hook prerouting priority dstnat; };
        add rule ip labkit in iifname $link tcp dport $port dnat to 127.0.0.1"
}

# A server is told to end when the host closes its input.
serve() {
    local server
    exec 3<&0
    "$@" </dev/null 2>/dev/virtio-ports/labkit.stderr &
    server=$!
    { cat <&3 >/dev/null; kill -TERM "$server"; } &
    wait "$server"
}

tell "loading modules"
set -- "${cached[@]}"
while [ $# -ge 2 ]; do mount_cached "$1" "$2"; shift 2; done
ensure_modules
ip link set lo up
[ "$port" = 0 ] || ensure_port
# What can be written to here was made by root.
chown "$uid:$gid" "$home"
chmod 1777 /tmp /var/tmp
run=(env -i "${environment[@]}" "${words[@]}")
[ "$uid" = 0 ] || run=(setpriv --reuid "$uid" --regid "$gid" --init-groups "${run[@]}")
cd "$folder" || tell "no folder $folder"

tell "begins"
if [ "$port" = 0 ]; then "${run[@]}" 2>/dev/virtio-ports/labkit.stderr; else serve "${run[@]}"; fi
status=$?
tell "ended $status"
exit "$status"
