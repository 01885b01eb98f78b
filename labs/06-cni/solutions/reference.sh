# Two pods plugged by hand, the chain written, a plugin of one's own.
{% set conf = "10-mynet.conflist" %}
# One call of a plugin by hand: cni COMMAND PLUGIN CONTAINER POD <conf
cni() {
    on worker1 env CNI_COMMAND="$1" CNI_CONTAINERID="$3" CNI_NETNS="/run/netns/$4" CNI_IFNAME=eth0 \
        CNI_PATH=/opt/cni/bin "/opt/cni/bin/$2"
}

#: by-hand core
on worker1 ip netns add web
on worker1 cat /etc/cni/net.d/10-mynet.conf | cni ADD bridge web web

#: by-runtime core
on worker1 ip netns add api
on worker1 cat /etc/cni/net.d/10-mynet.conf | cni ADD bridge api api

#: chain core
on worker1 rm -f /etc/cni/net.d/10-mynet.conf
on worker1 tee /etc/cni/net.d/10-mynet.conflist >/dev/null <<'CONF'
{
  "cniVersion": "1.0.0",
  "name": "mynet",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": true,
      "ipam": { "type": "host-local", "subnet": "{{ prefix }}", "routes": [ { "dst": "0.0.0.0/0" } ] }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } },
    { "type": "bandwidth", "capabilities": { "bandwidth": true } }
  ]
}
CONF

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on worker1 bash <<'REPAIR'
set -euo pipefail
for plugin in host-local portmap; do
    ln -sf "/usr/lib/cni/$plugin" "/opt/cni/bin/$plugin"
done
find /etc/cni/net.d -type f ! -name {{ conf }} -delete
# forwarding of every link follows ip_forward when that changes
sysctl -qw net.ipv4.ip_forward=0
sysctl -qw net.ipv4.ip_forward=1
iptables -t nat -S POSTROUTING | grep -q -e 'mynet.*-j CNI-' -e 'j MASQUERADE' ||
    iptables -t nat -A POSTROUTING -s {{ prefix }} ! -d {{ prefix }} -j MASQUERADE
cd /var/lib/cni/networks/mynet
# leases of pods that are gone; then one for every pod that is there
(grep -l '^gone-' -- * || true) | xargs -r rm -f
for pod in web api; do
    address=$(ip -n "$pod" -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local')
    [ -e "$address" ] || printf '%s\r\neth0' "$pod" >"$address"
done
REPAIR

#: own-plugin more
on worker1 tee /opt/cni/bin/my-plugin >/dev/null <<'PLUGIN'
#!/usr/bin/env bash
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
leases=/var/lib/cni/my-plugin
conf=$(cat)
fail() {
    jq -n --argjson code "$1" --arg msg "$2" '{cniVersion: "1.0.0", code: $code, msg: $msg}'
    exit 1
}
version=$(jq -re .cniVersion <<<"$conf" 2>/dev/null) || fail 6 "the conf on stdin is not JSON with a cniVersion"
prefix=$(jq -r '.prefix // "10.99.0.0/24"' <<<"$conf")
base=${prefix%.*}
host=mine${CNI_CONTAINERID:0:8}

take() { # the first free number, one caller at a time
    mkdir -p "$leases"
    exec 9>"$leases/.lock"
    flock 9
    for number in $(seq 2 $(((1 << (32 - ${prefix#*/})) - 2))); do
        if [ ! -e "$leases/$number" ]; then
            echo "$CNI_CONTAINERID" >"$leases/$number"
            exec 9>&-
            return
        fi
    done
    fail 100 "no address left in $prefix"
}

case $CNI_COMMAND in
VERSION)
    jq -n --arg v "$version" '{cniVersion: $v, supportedVersions: ["0.4.0", "1.0.0"]}'
    ;;
ADD)
    take
    ip link add "$host" type veth peer name "${host}p"
    ip link set "${host}p" netns "${CNI_NETNS##*/}" name "$CNI_IFNAME"
    ip -n "${CNI_NETNS##*/}" addr add "$base.$number/32" dev "$CNI_IFNAME"
    ip -n "${CNI_NETNS##*/}" link set "$CNI_IFNAME" up
    ip link set "$host" up
    ip addr add "$base.1/32" dev "$host"
    ip route add "$base.$number" dev "$host" src "$base.1"
    ip -n "${CNI_NETNS##*/}" route add "$base.1" dev "$CNI_IFNAME"
    ip -n "${CNI_NETNS##*/}" route add default via "$base.1"
    sysctl -qw net.ipv4.ip_forward=1
    jq -n --arg v "$version" --arg a "$base.$number/32" --arg ns "$CNI_NETNS" --arg link "$CNI_IFNAME" --arg host "$host" \
        '{cniVersion: $v, interfaces: [{name: $host}, {name: $link, sandbox: $ns}],
          ips: [{address: $a, interface: 1} + (if $v < "1" then {version: "4"} else {} end)], dns: {}}'
    ;;
DEL)
    ip link del "$host" 2>/dev/null || true
    (grep -lx "$CNI_CONTAINERID" "$leases"/[0-9]* 2>/dev/null || true) | xargs -r rm -f
    ;;
CHECK)
    address=$(jq -re '.prevResult.ips[0].address' <<<"$conf") || fail 7 "no prevResult with an address"
    ip -n "${CNI_NETNS##*/}" -o addr show "$CNI_IFNAME" 2>/dev/null | grep -qF "$address" ||
        fail 100 "$CNI_IFNAME does not have $address"
    ;;
*)
    fail 4 "CNI_COMMAND $CNI_COMMAND is unknown"
    ;;
esac
PLUGIN
on worker1 chmod +x /opt/cni/bin/my-plugin
