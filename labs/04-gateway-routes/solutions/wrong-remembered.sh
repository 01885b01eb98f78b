# worker2 answers no ARP question: it is reached for as long as the others remember its MAC address.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, neighbours_need_no_router, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
mac=$(on worker2 cat /sys/class/net/eth0/address)
known=$(for node in worker1 worker3 router1; do echo "$node $(on "$node" ip -br -4 addr show dev eth0 | awk '{ print $3 }') $(on "$node" cat /sys/class/net/eth0/address)"; done)
on worker2 ip link set eth0 arp off
while read -r node address its_mac; do
    on worker2 ip neigh replace "${address%/*}" lladdr "$its_mac" dev eth0 nud permanent
    on "$node" ip neigh replace {{ w2.address }} lladdr "$mac" dev eth0 nud reachable
done <<<"$known"
