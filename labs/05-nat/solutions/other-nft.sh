# The same with nft: an accept for pods before the masquerade, and the node's own address as a set of what is local.
#: build core
while read -r node prefix; do
    on "$node" nft -f - <<NFT
table ip pods {
    chain out {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {{ pods }} ip daddr {{ pods }} accept
        ip saddr $prefix oifname "eth0" masquerade
    }
}
NFT
done <<'NODES'
worker1 {{ w1.prefix }}
worker2 {{ w2.prefix }}
NODES
on worker1 nft -f - <<'NFT'
table ip pods {
    chain in {
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr {{ w1.address }} tcp dport {{ port }} dnat to {{ w1.pod_address }}:80
    }
}
NFT

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
for node in worker1 worker2; do
    on "$node" nft flush ruleset
done
while read -r node prefix; do
    on "$node" nft -f - <<NFT
table ip pods {
    chain out {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {{ pods }} ip daddr {{ pods }} accept
        ip saddr $prefix oifname "eth0" masquerade
    }
}
NFT
done <<'NODES'
worker1 {{ w1.prefix }}
worker2 {{ w2.prefix }}
NODES
on worker1 nft -f - <<'NFT'
table ip pods {
    chain in {
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr {{ w1.address }} tcp dport {{ port }} dnat to {{ w1.pod_address }}:80
    }
}
NFT
for node in worker1 worker2; do
    on "$node" conntrack -F 2>/dev/null
done
