# The wrong way round: wrapped within the subnet, bare between the subnets.
# must fail: blocks_lead_into_the_tunnel, router_sees_nodes_only, pods_talk, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, break to repair
#: cross-subnet
for node in $nodes; do
    write_filter "$node" 'if source = RTS_BGP && bgp_next_hop ~ OWN_SUBNET then { ifname = "tunl0"; onlink = true; gw = bgp_next_hop; }'
done
settle 1
