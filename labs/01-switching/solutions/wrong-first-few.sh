# The third host takes five packets, then one a minute.
# must fail: third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after third-host
on {{ c.name }} iptables -A INPUT -m limit --limit 1/minute --limit-burst 5 -j ACCEPT
on {{ c.name }} iptables -A INPUT -j DROP
