# The Service answers the pods that are there, and no other one.
# must fail: services_follow, fault_repaired
# like: reference
# without: break to repair
#: after node-port
for node in worker1 worker2; do
    on "$node" iptables -N KNOWN
    for pod in {{ a.address }} {{ b.address }} {{ c.address }} {{ d.address }}; do
        on "$node" iptables -A KNOWN -s "$pod" -j RETURN
    done
    on "$node" iptables -A KNOWN -j DROP
    on "$node" iptables -I FORWARD 1 -s {{ pods }} -p tcp --dport 8080 -j KNOWN
done
