# cause: learning-off
# where: switch1 | switch1:{{ a.port }}
# report: "All works, but the cables are full. And whoever listens at {{ c.name }} reads what {{ b.name }} sends to {{ a.name }}."
# shows: everybody talks, but everything that is sent to {{ a.name }} reaches everybody.
on switch1 bridge link set dev {{ a.port }} learning off
# nor remembers it from before, at whatever port
on switch1 bash -c 'for port in $(bridge fdb show | awk "\$1 == \"{{ a.mac }}\" && / master / { print \$3 }"); do bridge fdb del {{ a.mac }} dev "$port" master || true; done'
