# All rules of a node at once, by iptables-restore, with a set of exceptions before the masquerade.
# like: reference
translate() {
    on worker1 iptables-restore <<'RULES'
*nat
:OUT - [0:0]
-A POSTROUTING -s {{ w1.prefix }} -j OUT
-A OUT -d {{ pods }} -j RETURN
-A OUT -d 224.0.0.0/4 -j RETURN
-A OUT -j MASQUERADE --random-fully
-A PREROUTING -d {{ w1.address }} -p tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80
COMMIT
RULES
    on worker2 iptables-restore <<'RULES'
*nat
:OUT - [0:0]
-A POSTROUTING -s {{ w2.prefix }} -j OUT
-A OUT -d {{ pods }} -j RETURN
-A OUT -d 224.0.0.0/4 -j RETURN
-A OUT -j MASQUERADE --random-fully
COMMIT
RULES
}
#: masquerade to port-forward
translate

#: repair
on worker1 iptables -F FORWARD
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
translate
for node in worker1 worker2; do
    on "$node" conntrack -F 2>/dev/null
done
