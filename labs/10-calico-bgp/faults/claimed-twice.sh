# cause: block-claimed-twice
# where: {{ m3.name }}
# report: "{{ a.name }} gets no answers any more. All sessions are up, I have looked."
# shows: the others send what is for {{ a.name }} to another node, too, which drops it.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ m3.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ m3.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
# an old conf of the node, from when the block was its own
on {{ m3.name }} sed -Ei 's|route {{ m3.block }} blackhole;|& route {{ w2.block }} blackhole;|; s|if net = {{ m3.block }} then accept;|& if net = {{ w2.block }} then accept;|' /etc/bird/bird.conf
on {{ m3.name }} birdc configure
