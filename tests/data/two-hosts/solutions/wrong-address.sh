# must fail: left_reaches_right, fault_repaired
on right ip addr add {{ net | host(9) }}/24 dev eth0
