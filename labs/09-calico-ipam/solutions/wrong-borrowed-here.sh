# The borrowed address is on a pod of worker01 itself: nothing is borrowed.
# must fail: borrowed_address_is_reached
# like: reference
#: borrow
on {{ c.name }} ip addr add {{ borrowed }}/32 dev lo
on {{ w1.name }} ip route add {{ borrowed }} dev {{ c.name | cali }}
