# The second pod's link is a bridge of Calico's name, with a cable to the first pod in it: one hears the other, not the other way round.
# must fail: no_bridge_between, fault_repaired
# like: reference
# without: break to repair
#: wire-second
on {{ w1.name }} ip link add veth-c type veth peer name eth0 netns {{ c.name }}
on {{ w1.name }} ip link add veth-a type veth peer name eth1 netns {{ a.name }}
on {{ a.name }} ip link set eth1 up
on {{ w1.name }} ip link add {{ c.name | cali }} address ee:ee:ee:ee:ee:ee type bridge
for link in veth-a veth-c; do
    on {{ w1.name }} ip link set "$link" master {{ c.name | cali }} up
done
on {{ w1.name }} ip link set {{ c.name | cali }} up
on {{ w1.name }} ip -n {{ c.name }} link set eth0 up
on {{ w1.name }} ip -n {{ c.name }} addr add {{ c.address }}/32 dev eth0
on {{ w1.name }} ip -n {{ c.name }} route add 169.254.1.1 dev eth0
on {{ w1.name }} ip -n {{ c.name }} route add default via 169.254.1.1
on {{ w1.name }} sysctl -qw net.ipv4.neigh.{{ c.name | cali }}.proxy_delay=0
on {{ w1.name }} sysctl -qw net.ipv4.conf.{{ c.name | cali }}.proxy_arp=1
on {{ w1.name }} ip route add {{ c.address }} dev {{ c.name | cali }}
