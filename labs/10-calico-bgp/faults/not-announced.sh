# cause: not-announced
# where: {{ w1.name }}
# report: "Nobody finds {{ b.name }} any more. All sessions are up, I have looked."
# shows: nobody has a route to {{ b.name }}; all sessions are Established.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ w1.name }} bash -c 'cp -r /root/before/. /etc/bird && birdc configure'
on {{ w1.name }} bash -c 'rm -rf /root/before && cp -rH /etc/bird /root/before'
on {{ w1.name }} sed -Ei '/filter to_peers/,/reject;/ s/accept;/reject;/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ w1.name }} birdc configure
