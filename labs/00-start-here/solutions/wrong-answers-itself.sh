# The client takes the server's address for its own and answers itself.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ client.name }} ip route add local {{ server.address }} dev lo
