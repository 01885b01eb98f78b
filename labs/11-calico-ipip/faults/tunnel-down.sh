# cause: link-down
# where: {{ w2.name }}
# report: "{{ c.name }} is cut off from the other rack. In its own all is well."
# shows: nobody of the other subnet gets an answer from {{ c.name }}; its node has no route to their blocks.
for node in {{ m1.name }} {{ w1.name }} {{ m2.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes "$(on "$node" bash -c 'ip route show proto bird | wc -l')"
done
on {{ w2.name }} ip link set tunl0 down
