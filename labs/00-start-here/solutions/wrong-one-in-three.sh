# Every third packet for the server gets lost.
# must fail: client_reaches_server, fault_repaired
# like: reference
# without: break to repair
#: after first-ping
on {{ server.name }} iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
