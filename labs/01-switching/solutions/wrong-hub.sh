# A bridge that forgets at once: everybody talks, and everybody hears everything.
# must fail: bystander_hears_nothing, switch_forgets, fault_repaired
# like: reference
# without: break to repair
#: forget-sooner
on switch1 ip link set br0 type bridge ageing_time 0
