# In BIRD's own words for a route into a tunnel: static ones, on each node two; what BGP tells is taken within the subnet only.
# like: reference
# without: wrap
# tell NODE BLOCK VIA BLOCK VIA
tell() {
    printf 'filter to_kernel {\n  if source = RTS_DEVICE then reject;\n  if source = RTS_BGP && ! (bgp_next_hop ~ OWN_SUBNET) then reject;\n  accept;\n}\nprotocol static tunnel { ipv4 { preference 250; }; route %s via %s%%tunl0 onlink; route %s via %s%%tunl0 onlink; }\n' "${@:2}" | on "$1" tee /etc/bird/to_kernel.conf >/dev/null
    on "$1" birdc configure >/dev/null
}
#: cross-subnet
for node in {{ m1.name }} {{ w1.name }}; do
    tell "$node" {{ m2.block }} {{ m2.address }} {{ w2.block }} {{ w2.address }}
done
for node in {{ m2.name }} {{ w2.name }}; do
    tell "$node" {{ m1.block }} {{ m1.address }} {{ w1.block }} {{ w1.address }}
done
settle 2
