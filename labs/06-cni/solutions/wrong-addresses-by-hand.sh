# The pods are wired by hand, without CNI: host-local knows of no lease and gives their addresses away again.
# must fail: pods_are_plugged, fault_repaired, my_plugin_tells_versions, my_plugin_adds
# like: reference
# without: break to own-plugin
#: by-hand to by-runtime
on worker1 sysctl -qw net.ipv4.ip_forward=1
on worker1 ip link add cni0 type bridge
on worker1 ip addr add {{ prefix | interface(1) }} dev cni0
on worker1 ip link set cni0 up
while read -r pod address; do
    on worker1 ip netns add "$pod"
    on worker1 ip link add "veth-$pod" type veth peer name eth0 netns "$pod"
    on worker1 ip link set "veth-$pod" master cni0 up
    on worker1 ip -n "$pod" link set eth0 up
    on worker1 ip -n "$pod" addr add "$address" dev eth0
    on worker1 ip -n "$pod" route add default via {{ prefix | host(1) }}
done <<'PODS'
web {{ prefix | interface(2) }}
api {{ prefix | interface(3) }}
PODS
on worker1 iptables -t nat -A POSTROUTING -s {{ prefix }} ! -d {{ prefix }} -j MASQUERADE
