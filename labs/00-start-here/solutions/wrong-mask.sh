# The address is there, but {{ server.name }} takes {{ client.name }} for a stranger and has no way to answer.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: first-ping
on {{ server.name }} ip addr add {{ server.address }}/30 dev eth0
