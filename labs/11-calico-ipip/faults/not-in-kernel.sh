# cause: not-in-kernel
# where: {{ w1.name }}
# report: "{{ a.name }} gets no answers from anywhere. All sessions are up, I have looked."
# shows: BIRD on the node of {{ a.name }} has all routes, its kernel has none of them.
for node in {{ m1.name }} {{ w1.name }} {{ m2.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes "$(on "$node" bash -c 'ip route show proto bird | wc -l')"
done
undo on {{ w1.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ w1.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ w1.name }} sed -Ei 's/export filter to_kernel;/export none;/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ w1.name }} birdc configure
