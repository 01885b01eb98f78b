# Routes name the pods of today, not the prefixes of the nodes.
# must fail: next_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
for row in 'worker1 {{ w2.prefix }} {{ b.address }} {{ w2.address }}' 'worker3 {{ w2.prefix }} {{ b.address }} {{ w2.address }}' 'router1 {{ w2.prefix }} {{ b.address }} {{ w2.address }}'; do
    read -r node prefix pod via <<<"$row"
    on "$node" ip route del "$prefix"
    on "$node" ip route add "$pod" via "$via"
done
