# Any name will do, thinks the learner.
# must fail: links_have_calicos_names, fault_repaired
# like: reference
# without: break to repair
#: after wire-second
on {{ w1.name }} ip link set {{ c.name | cali }} down
on {{ w1.name }} ip link set {{ c.name | cali }} name veth-c
on {{ w1.name }} ip link set veth-c up
on {{ w1.name }} ip route add {{ c.address }} dev veth-c
