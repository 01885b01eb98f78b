# cause: wrong-conf
# where: {{ w2.name }}
# report: "{{ c.name }} gets no answers from the other rack, since somebody wrote down its machine's address anew."
# shows: the node of {{ c.name }} takes all nodes for its neighbours, and sends bare packets to router1.
for node in {{ m1.name }} {{ w1.name }} {{ m2.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes "$(on "$node" bash -c 'ip route show proto bird | wc -l')"
done
undo on {{ w2.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ w2.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ w2.name }} sed -Ei 's|^define OWN_SUBNET = .*|define OWN_SUBNET = 0.0.0.0/0;|; s|(bgp_next_hop ~ )[0-9][0-9./]*|\10.0.0.0/0|' /etc/bird/bird.conf /etc/bird/to_kernel.conf
on {{ w2.name }} birdc configure
