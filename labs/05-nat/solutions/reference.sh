# One masquerade on each node that leaves pods alone, and one port forward; with iptables.
#: masquerade core
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -j MASQUERADE

#: other-node core
on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} ! -d {{ pods }} -j MASQUERADE

#: port-forward core
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on worker1 iptables -F FORWARD
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
for node in worker1 worker2; do
    on "$node" iptables -t nat -F
done
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80
for node in worker1 worker2; do
    on "$node" conntrack -F 2>/dev/null
done
