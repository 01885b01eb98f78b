# The third pod takes packets of the pods that it knows, and of no other one.
# must fail: a_new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after way-out
for known in {{ a.address }} {{ b.address }} {{ c.address }} {{ gateway }}; do
    on {{ c.name }} iptables -A INPUT -s "$known" -j ACCEPT
done
on {{ c.name }} iptables -A INPUT -s {{ prefix }} -j DROP
