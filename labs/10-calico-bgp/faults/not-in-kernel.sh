# cause: not-in-kernel
# where: {{ m2.name }}
# report: "{{ c.name }} gets no answers from anywhere. All sessions are up, I have looked."
# shows: BIRD on the node of {{ c.name }} has all routes, its kernel has none of them.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ m2.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ m2.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ m2.name }} sed -Ei 's/export filter to_kernel;/export none;/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ m2.name }} birdc configure
