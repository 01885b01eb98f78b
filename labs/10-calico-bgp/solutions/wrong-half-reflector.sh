# Half a reflector: the others keep their mesh, and worker02 has its session with master01 alone.
# must fail: one_reflector
# like: reference
#: reflector
on {{ m1.name }} sed -i 's/{{ w2.address }} as 64512;/& rr client;/; s/^  reject;/  if source = RTS_BGP then accept; reject;/' /etc/bird/bird.conf
on {{ w2.name }} sed -i '/^protocol bgp/ { / {{ m1.address }} as/! d }' /etc/bird/bird.conf
for node in {{ m1.name }} {{ w2.name }}; do
    on "$node" birdc configure >/dev/null
done
on {{ w2.name }} bash /root/wait-for sessions 1
settle
