# Packets of more than 900 bytes get lost at the server.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
