# cause: wrong-source-address
# where: {{ w1.name }}
# report: "This morning a machine was started anew. Its pods, {{ b.name }} among them, get no answers any more."
# shows: {{ b.name }} is cut off; its node calls the others from its second interface, and they know nobody of that address.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ w1.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ w1.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ w1.name }} sed -Ei 's/source address {{ w1.address }}/source address {{ w1.second }}/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ w1.name }} birdc configure
