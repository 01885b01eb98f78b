# cause: stale-route
# where: {{ m2.name }}
# report: "Half of the pods of a machine, {{ a.name }} among them, get no answers from {{ c.name }}."
# shows: {{ a.name }} and {{ c.name }} lose each other; BIRD has the right route, a longer prefix beats it.
on {{ m2.name }} ip route add {{ w2.block | subnet(0, 25) }} via {{ router }}
