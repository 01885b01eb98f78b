# The server has the client's MAC by hand, and it is another one's.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} ip neigh replace {{ client.address }} lladdr 02:00:00:00:00:99 dev eth0 nud permanent
