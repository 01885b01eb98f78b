# Routes typed by a person; BIRD keeps what it hears for itself.
# like: reference
settle() { :; }
# type_wrapped: the blocks of the other subnet
type_wrapped() {
    local node
    for node in {{ m1.name }} {{ w1.name }}; do
        on "$node" ip route replace {{ m2.block }} via {{ m2.address }} dev tunl0 onlink
        on "$node" ip route replace {{ w2.block }} via {{ w2.address }} dev tunl0 onlink
    done
    for node in {{ m2.name }} {{ w2.name }}; do
        on "$node" ip route replace {{ m1.block }} via {{ m1.address }} dev tunl0 onlink
        on "$node" ip route replace {{ w1.block }} via {{ w1.address }} dev tunl0 onlink
    done
}
#: wrap
for node in $nodes; do
    write_filter "$node" 'reject;'
    on "$node" bash /root/wait-for routes 0
    on "$node" ip route flush proto bird
done
type_wrapped
#: cross-subnet
on {{ m1.name }} ip route add {{ w1.block }} via {{ w1.address }}
on {{ w1.name }} ip route add {{ m1.block }} via {{ m1.address }}
on {{ m2.name }} ip route add {{ w2.block }} via {{ w2.address }}
on {{ w2.name }} ip route add {{ m2.block }} via {{ m2.address }}
#: after repair
type_wrapped
