# No bridge: the node routes between its pods. Everybody talks, one hop more than asked; a new pod finds no bridge to join.
# must fail: each_pod_hears_itself, a_new_pod_joins, each_address_is_one_pod, fault_repaired
#: build core
on worker1 sysctl -qw net.ipv4.ip_forward=1
while read -r pod address; do
    on worker1 ip netns add "$pod"
    on worker1 ip link add "veth-$pod" type veth peer name eth0 netns "$pod"
    on worker1 ip addr add {{ gateway }}/32 dev "veth-$pod"
    on worker1 ip link set "veth-$pod" up
    on worker1 ip route add "$address" dev "veth-$pod" src {{ gateway }}
    on "$pod" ip addr add "$address/32" dev eth0
    on "$pod" ip link set eth0 up
    on "$pod" ip route add {{ gateway }} dev eth0
    on "$pod" ip route add default via {{ gateway }}
done <<'PODS'
{{ a.name }} {{ a.address }}
{{ b.name }} {{ b.address }}
{{ c.name }} {{ c.address }}
PODS
