# Who leaves the pods' network is marked where it comes in, and translated by the mark; the port forward has a chain of its own.
# like: reference
translate() {
    mark worker1 {{ w1.prefix }}
    mark worker2 {{ w2.prefix }}
    on worker1 iptables -t nat -N PORTS 2>/dev/null || true
    on worker1 iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -d {{ w1.address }} -j PORTS
    on worker1 iptables -t nat -A PORTS -p tcp -m tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80
}
mark() { # NODE PREFIX
    on "$1" iptables -t mangle -F PREROUTING
    on "$1" iptables -t mangle -A PREROUTING -s "$2" ! -d {{ pods }} -j MARK --set-mark 7
    on "$1" iptables -t nat -A POSTROUTING -m mark --mark 7 -j MASQUERADE
}
#: masquerade to port-forward
translate

#: repair
on worker1 iptables -F FORWARD
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
for node in worker1 worker2; do
    on "$node" iptables -t nat -F
    on "$node" conntrack -F 2>/dev/null
done
translate
