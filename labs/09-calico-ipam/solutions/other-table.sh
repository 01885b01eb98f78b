# The lines of the pods stand in a table of their own, which a rule asks for the block; their addresses have the gateway as the other end.
# like: reference
#: after wire-second
for pod in {{ a.name }}:{{ a.address }} {{ c.name }}:{{ c.address }}; do
    on "${pod%:*}" ip addr flush dev eth0
    on "${pod%:*}" ip addr add "${pod#*:}" peer 169.254.1.1 dev eth0
    on "${pod%:*}" ip route replace default via 169.254.1.1
done
on {{ w1.name }} ip rule add to {{ w1.block }} lookup 100
on {{ w1.name }} ip route add {{ a.address }} dev {{ a.name | cali }} table 100
on {{ w1.name }} ip route add {{ c.address }} dev {{ c.name | cali }} table 100
on {{ w1.name }} ip route del {{ a.address }} table main
on {{ w1.name }} ip route del {{ c.address }} table main
