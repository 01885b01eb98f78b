# master02 was forgotten, which has no pod yet: it wraps nothing.
# must fail: blocks_lead_into_the_tunnel, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, break to repair
settle() { on {{ w2.name }} bash /root/wait-for wrapped "$1"; }
#: cross-subnet
for node in {{ m1.name }} {{ w1.name }} {{ w2.name }}; do
    wrap_to_others "$node"
done
settle 2
