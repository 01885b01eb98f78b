# The same rules by the older iptables, which keeps them in tables of its own.
# like: reference
translate() {
    on worker1 iptables-legacy -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -j MASQUERADE
    on worker2 iptables-legacy -t nat -A POSTROUTING -s {{ w2.prefix }} ! -d {{ pods }} -j MASQUERADE
    on worker1 iptables-legacy -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80
}
#: masquerade to port-forward
translate

#: repair
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
for node in worker1 worker2; do
    on "$node" nft flush ruleset
    on "$node" iptables-legacy -t nat -F
done
translate
for node in worker1 worker2; do
    on "$node" conntrack -F 2>/dev/null
done
