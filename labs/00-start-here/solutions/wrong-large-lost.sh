# Large segments of connections get lost, large pings don't.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A INPUT -p tcp -m length --length 900:65535 -j DROP
