# cause: process-stopped
# where: {{ w1.name }}
# report: "Nobody finds {{ b.name }} any more. I reach its machine."
# shows: nobody has a route to {{ b.name }}; on its node no BIRD answers.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ w1.name }} daemon start bird
on {{ w1.name }} daemon stop bird
