# cause: wrong-as
# where: {{ w2.name }}
# report: "Since somebody has worked on BGP, {{ a.name }} is cut off from everything but its own machine."
# shows: nobody reaches {{ a.name }}; all sessions of its node are down, and say Bad peer AS.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ w2.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ w2.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ w2.name }} sed -Ei 's/(local( [0-9.]+)? as )64512/\164513/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ w2.name }} birdc configure
