# The next hop in the tunnel is the router: wrapped packets end there.
# must fail: blocks_lead_into_the_tunnel, router_sees_nodes_only, pods_talk, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, break to repair
#: cross-subnet
for node in {{ m1.name }} {{ w1.name }}; do
    write_filter "$node" 'if source = RTS_BGP && ! (bgp_next_hop ~ OWN_SUBNET) then { ifname = "tunl0"; onlink = true; gw = {{ r1.near }}; }'
done
for node in {{ m2.name }} {{ w2.name }}; do
    write_filter "$node" 'if source = RTS_BGP && ! (bgp_next_hop ~ OWN_SUBNET) then { ifname = "tunl0"; onlink = true; gw = {{ r1.far }}; }'
done
settle 2
