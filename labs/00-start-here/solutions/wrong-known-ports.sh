# The server takes calls to well-known ports only.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A INPUT -p tcp --syn -m multiport ! --dports 22,80,443,7000,8080 -j DROP
