# cause: stale-route
# where: {{ w1.name }}
# report: "Half of the pods of a machine, {{ c.name }} among them, get no answers from {{ a.name }}."
# shows: {{ a.name }} and {{ c.name }} lose each other; a longer prefix leads into the tunnel to the wrong node.
on {{ w1.name }} ip route add {{ w2.block | subnet(0, 25) }} via {{ m2.address }} dev tunl0 onlink
