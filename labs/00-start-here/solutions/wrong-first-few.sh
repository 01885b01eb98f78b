# The server takes five packets, then one a second.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A INPUT -m limit --limit 1/second --limit-burst 5 -j ACCEPT
on {{ server.name }} iptables -A INPUT -j DROP
