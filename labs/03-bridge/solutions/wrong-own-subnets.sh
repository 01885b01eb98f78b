# One bridge, but every pod has a /32: nobody is anybody's neighbour. The node, whose mask is right, still asks them by ARP.
# must fail: first_two_talk, third_pod_talks, a_new_pod_joins, pods_reach_node, node_reaches_pods, fault_repaired
# like: reference
# without: break to repair
#: way-out
while read -r pod address; do
    on "$pod" ip addr del "$address/24" dev eth0
    on "$pod" ip addr add "$address/32" dev eth0
done <<'PODS'
{{ a.name }} {{ a.address }}
{{ b.name }} {{ b.address }}
{{ c.name }} {{ c.address }}
PODS
