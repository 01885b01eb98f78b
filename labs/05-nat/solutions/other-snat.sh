# SNAT to a stated address instead of MASQUERADE, a RETURN for pods before it, DNAT on the interface.
# like: reference
translate() {
    on worker1 iptables -t nat -A POSTROUTING -d {{ pods }} -j RETURN
    on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} -o eth0 -j SNAT --to-source {{ w1.address }}
    on worker2 iptables -t nat -A POSTROUTING -d {{ pods }} -j RETURN
    on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} -o eth0 -j SNAT --to-source {{ w2.address }}
    on worker1 iptables -t nat -A PREROUTING -i eth0 -p tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80
}
#: masquerade to port-forward
translate

#: repair
on worker1 iptables -F FORWARD
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
on worker1 iptables -t nat -F
on worker2 iptables -t nat -F
translate
for node in worker1 worker2; do
    on "$node" conntrack -F 2>/dev/null
done
