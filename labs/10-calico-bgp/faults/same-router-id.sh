# cause: duplicate-router-id
# where: {{ m3.name }}
# report: "Two machines no longer have each other's routes. Everything else works."
# shows: {{ m3.name }} and {{ w2.name }} have no routes to each other; the session says Bad BGP identifier.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ m3.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ m3.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ m3.name }} sed -Ei 's/^router id .*/router id {{ w2.address }};/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ m3.name }} birdc configure
