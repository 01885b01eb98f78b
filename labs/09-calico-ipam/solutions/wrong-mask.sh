# A /24, as on a bridge: the pods believe that they are on one cable.
# must fail: pods_stand_alone, fault_repaired
# like: reference
# without: break to repair
#: after wire-second
on {{ a.name }} ip addr flush dev eth0
on {{ a.name }} ip addr add {{ a.address }}/24 dev eth0
on {{ a.name }} ip route replace 169.254.1.1 dev eth0
on {{ a.name }} ip route replace default via 169.254.1.1
