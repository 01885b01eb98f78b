# Straight to what is wanted in the end, by the other subnet's name; tunnels' addresses from the blocks' ends.
# like: reference
# without: wrap
#: tunnels
raise_tunnel {{ m1.name }} {{ m1.block | host(250) }}
raise_tunnel {{ w1.name }} {{ w1.block | host(251) }}
raise_tunnel {{ m2.name }} {{ m2.block | host(252) }}
raise_tunnel {{ w2.name }} {{ w2.block | host(253) }}
#: cross-subnet
for node in {{ m1.name }} {{ w1.name }}; do
    write_filter "$node" 'if source = RTS_BGP && bgp_next_hop ~ {{ far }} then { ifname = "tunl0"; onlink = true; gw = bgp_next_hop; }'
done
for node in {{ m2.name }} {{ w2.name }}; do
    write_filter "$node" 'if source = RTS_BGP && bgp_next_hop ~ {{ near }} then { ifname = "tunl0"; onlink = true; gw = bgp_next_hop; }'
done
settle 2
