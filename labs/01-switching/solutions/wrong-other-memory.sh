# Rules of nft learn and never forget; the bridge that the ports are in forgets, but never gets a frame.
# must fail: switch_forgets, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
# a place in two maps: while it is replaced in one it stands in the other
on switch1 nft -f - <<'RULES'
table netdev own {
{%- for map in ("places", "again") %}
    map {{ map }} {
        type ether_addr : iface_index
        size 1000
        flags dynamic
    }
{%- endfor %}
{%- for port, others in ((a.port, (b.port, c.port)), (b.port, (a.port, c.port)), (c.port, (a.port, b.port))) %}
    chain from-{{ loop.index }} {
        type filter hook ingress device "{{ port }}" priority 0
{%- for map in ("places", "again") %}
        delete @{{ map }} { ether saddr : iif }
        add @{{ map }} { ether saddr : iif }
{%- endfor %}
{%- for map in ("places", "again") %}
        ether daddr != ff:ff:ff:ff:ff:ff fwd to ether daddr map @{{ map }}
{%- endfor %}
        dup to "{{ others[0] }}"
        fwd to "{{ others[1] }}"
    }
{%- endfor %}
}
RULES
