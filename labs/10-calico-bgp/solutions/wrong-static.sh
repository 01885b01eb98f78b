# No BGP on worker02: the routes are typed, on both sides.
# must fail: worker02_has_sessions, others_know_worker02, worker02_knows_others, fault_repaired
# like: reference
# without: break to reflector
#: join
while read -r node address block; do
    on {{ w2.name }} ip route add "$block" via "$address"
    on "$node" ip route add {{ w2.block }} via {{ w2.address }}
done <<'NODES'
{{ m1.name }} {{ m1.address }} {{ m1.block }}
{{ m2.name }} {{ m2.address }} {{ m2.block }}
{{ m3.name }} {{ m3.address }} {{ m3.block }}
{{ w1.name }} {{ w1.address }} {{ w1.block }}
NODES
on {{ w2.name }} ip route add blackhole {{ w2.block }}
