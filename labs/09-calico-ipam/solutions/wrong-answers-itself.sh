# worker01 has the first pod's address itself.
# must fail: gateway_is_answered_for, links_have_calicos_names, pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} ip addr add {{ a.address }}/32 dev eth0
