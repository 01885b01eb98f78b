# Rules of nft learn and never forget; the bridge that the ports are in forgets, but never gets a frame.
# must fail: switch_forgets, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on switch1 nft -f - <<'RULES'
table netdev own {
    map places {
        type ether_addr : iface_index
        size 1000
        flags dynamic
    }
    chain a {
        type filter hook ingress device "{{ a.port }}" priority 0
        delete @places { ether saddr : iif }
        add @places { ether saddr : iif }
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @places
        dup to "{{ b.port }}"
        fwd to "{{ c.port }}"
    }
    chain b {
        type filter hook ingress device "{{ b.port }}" priority 0
        delete @places { ether saddr : iif }
        add @places { ether saddr : iif }
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @places
        dup to "{{ a.port }}"
        fwd to "{{ c.port }}"
    }
    chain c {
        type filter hook ingress device "{{ c.port }}" priority 0
        delete @places { ether saddr : iif }
        add @places { ether saddr : iif }
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @places
        dup to "{{ a.port }}"
        fwd to "{{ b.port }}"
    }
}
RULES
