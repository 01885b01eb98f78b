# The server gets no datagrams.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A INPUT -p udp -j DROP
