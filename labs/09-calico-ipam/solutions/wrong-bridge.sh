# A bridge after all: both pods hang on cni0, which answers for the gateway.
# must fail: links_have_calicos_names, no_bridge_between, fault_repaired
# like: reference
# without: break to repair
#: after wire-second
on {{ w1.name }} ip link add cni0 type bridge
on {{ w1.name }} ip link set cni0 up
for link in {{ a.name | cali }} {{ c.name | cali }}; do
    on {{ w1.name }} ip link set "$link" master cni0
done
on {{ w1.name }} sysctl -qw net.ipv4.conf.cni0.proxy_arp=1
on {{ w1.name }} sysctl -qw net.ipv4.neigh.cni0.proxy_delay=0
for address in {{ a.address }} {{ c.address }}; do
    on {{ w1.name }} ip route replace "$address" dev cni0
done
