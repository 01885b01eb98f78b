# No filter: the pods' own routes, the cables and the default route are told too.
# must fail: only_blocks_are_told, fault_repaired
# like: reference
# without: break to repair
told="accept;"
settle() { on {{ w2.name }} bash /root/wait-for routes 5; }
#: after join
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }}; do
    on "$node" timeout 20 bash -c 'until ip route show proto bird | grep -q "^{{ a.address }} "; do sleep 0.1; done'
done
