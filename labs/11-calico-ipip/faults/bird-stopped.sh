# cause: process-stopped
# where: {{ w2.name }}
# report: "Nobody finds {{ c.name }} any more. I reach its machine."
# shows: nobody has a route to {{ c.name }}; on its node no BIRD answers.
for node in {{ m1.name }} {{ w1.name }} {{ m2.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes "$(on "$node" bash -c 'ip route show proto bird | wc -l')"
done
undo on {{ w2.name }} daemon start bird
on {{ w2.name }} daemon stop bird
