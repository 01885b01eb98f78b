# The routers look the far network up in a table of their own, chosen by a rule.
# like: reference
far() { # MACHINE PREFIX NEIGHBOUR
    on "$1" ip route replace "$2" via "$3" table 50
    on "$1" ip rule del priority 50 2>/dev/null || true
    on "$1" ip rule add to "$2" lookup 50 priority 50
}
#: far-network
far router1 {{ lan3 }} {{ router2.address }}

#: far-way-back
on {{ c.name }} ip route add default via {{ c.gateway }}
far router2 {{ lan1 }} {{ b.gateway }}

#: after repair
far router1 {{ lan3 }} {{ router2.address }}
far router2 {{ lan1 }} {{ b.gateway }}
