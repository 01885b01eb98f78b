# A typing error in the address.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: first-ping
on {{ server.name }} ip addr add {{ prefix | host(21) }}/24 dev eth0
