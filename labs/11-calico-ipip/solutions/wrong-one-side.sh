# One subnet wraps, the other does not: answers get lost on the router.
# must fail: blocks_lead_into_the_tunnel, router_sees_nodes_only, pods_talk, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, break to repair
#: cross-subnet
for node in {{ m1.name }} {{ w1.name }}; do
    wrap_to_others "$node"
    on "$node" bash /root/wait-for wrapped 2
done
