# Routes to the pods of worker1 name the pod of today; those to other nodes name prefixes.
# must fail: next_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
for row in 'worker2 {{ w1.prefix }} {{ a.address }} {{ w1.address }}' 'worker3 {{ w1.prefix }} {{ a.address }} {{ w1.address }}' 'router1 {{ w1.prefix }} {{ a.address }} {{ w1.address }}'; do
    read -r node prefix pod via <<<"$row"
    on "$node" ip route del "$prefix"
    on "$node" ip route add "$pod" via "$via"
done
