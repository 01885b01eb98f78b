# The gateway's MAC address is typed into the pods: nobody answers for it.
# must fail: gateway_is_answered_for, fault_repaired
# like: reference
# without: break to repair
#: after wire-second
for pod in {{ a.name }} {{ c.name }}; do
    on "$pod" ip neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee dev eth0 nud permanent
done
for link in {{ a.name | cali }} {{ c.name | cali }}; do
    on {{ w1.name }} sysctl -qw "net.ipv4.conf.$link.proxy_arp=0"
done
