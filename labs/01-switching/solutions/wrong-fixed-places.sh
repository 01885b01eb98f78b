# Each port takes frames of its own host only: nobody can be moved, and nobody new can come.
# must fail: switch_forgets, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on switch1 nft -f - <<'RULES'
table bridge places {
    chain in {
        type filter hook prerouting priority 0
        iifname "{{ a.port }}" ether saddr != {{ a.mac }} drop
        iifname "{{ b.port }}" ether saddr != {{ b.mac }} drop
        iifname "{{ c.port }}" ether saddr != {{ c.mac }} drop
    }
}
RULES
