# All that kube-proxy does for these two Services, by hand on both nodes; it knows no Service that comes later.
# must fail: services_follow, fault_repaired
# like: reference
# without: one-pod to kube-proxy, break to repair
#: take-away
for node in worker1 worker2; do
    on "$node" iptables -t nat -N BY-HAND
    on "$node" iptables -t nat -A BY-HAND -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination {{ a.address }}:8080
    on "$node" iptables -t nat -A BY-HAND -p tcp -j DNAT --to-destination {{ b.address }}:8080
    for hook in PREROUTING OUTPUT; do
        on "$node" iptables -t nat -A "$hook" -d {{ service }} -p tcp --dport 80 -j BY-HAND
        on "$node" iptables -t nat -A "$hook" -p tcp --dport {{ node_port }} -m addrtype --dst-type LOCAL -j BY-HAND
    done
    on "$node" iptables -t nat -A POSTROUTING -s {{ a.address }} -d {{ a.address }} -j MASQUERADE
    on "$node" iptables -t nat -A POSTROUTING -s {{ b.address }} -d {{ b.address }} -j MASQUERADE
    on "$node" iptables -t nat -A POSTROUTING -p tcp --dport 8080 ! -s {{ pods }} -j MASQUERADE
    on "$node" iptables -A FORWARD -d {{ empty }} -j REJECT
done

#: node-port
true
