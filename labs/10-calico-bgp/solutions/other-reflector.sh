# A reflector from the start: master01 tells everybody everything, worker02 among them.
# like: reference
# without: reflector
peers="{{ m1.address }}"
#: before join
on {{ m1.name }} sed -i 's/as 64512; source/as 64512; rr client; source/; s/^  reject;/  if source = RTS_BGP then accept; reject;/' /etc/bird/bird.conf
for node in {{ m2.name }} {{ m3.name }} {{ w1.name }}; do
    on "$node" sed -i '/^protocol bgp/ { / {{ m1.address }} as/! d }' /etc/bird/bird.conf
done
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }}; do
    on "$node" birdc configure >/dev/null
done
