# The server hears calls and its answers get lost.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A OUTPUT -p tcp -j DROP
