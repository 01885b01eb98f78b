# The same with nft: an accept for pods before the masquerade, and the node's own address as a set of what is local.
# like: reference
translate_pods() { # NODE PREFIX
    on "$1" nft -f - <<NFT
table ip pods {
    chain out {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {{ pods }} ip daddr {{ pods }} accept
        ip saddr $2 oifname "eth0" masquerade
    }
}
NFT
}
forward_port() {
    on worker1 nft -f - <<'NFT'
table ip pods {
    chain in {
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr {{ w1.address }} tcp dport {{ port }} dnat to {{ a.address }}:80
    }
}
NFT
}
#: masquerade
translate_pods worker1 {{ w1.prefix }}

#: other-node
translate_pods worker2 {{ w2.prefix }}

#: port-forward
forward_port

#: repair
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
for node in worker1 worker2; do
    on "$node" nft flush ruleset
done
translate_pods worker1 {{ w1.prefix }}
translate_pods worker2 {{ w2.prefix }}
forward_port
for node in worker1 worker2; do
    on "$node" conntrack -F 2>/dev/null
done
