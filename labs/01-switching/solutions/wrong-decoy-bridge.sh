# The ports are told by hand where each MAC address is; the bridge that they are in never gets a frame.
# must fail: switch_forgets, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on switch1 nft -f - <<'RULES'
table netdev own {
    map places {
        type ether_addr : iface_index
        elements = { {{ a.mac }} : "{{ a.port }}", {{ b.mac }} : "{{ b.port }}", {{ c.mac }} : "{{ c.port }}" }
    }
    chain a {
        type filter hook ingress device "{{ a.port }}" priority 0; policy drop
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @places
        ether daddr ff:ff:ff:ff:ff:ff dup to "{{ b.port }}"
        ether daddr ff:ff:ff:ff:ff:ff fwd to "{{ c.port }}"
    }
    chain b {
        type filter hook ingress device "{{ b.port }}" priority 0; policy drop
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @places
        ether daddr ff:ff:ff:ff:ff:ff dup to "{{ a.port }}"
        ether daddr ff:ff:ff:ff:ff:ff fwd to "{{ c.port }}"
    }
    chain c {
        type filter hook ingress device "{{ c.port }}" priority 0; policy drop
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @places
        ether daddr ff:ff:ff:ff:ff:ff dup to "{{ a.port }}"
        ether daddr ff:ff:ff:ff:ff:ff fwd to "{{ b.port }}"
    }
}
RULES
