# Large segments of connections get lost at the third host, large pings don't.
# must fail: third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after third-host
on {{ c.name }} iptables -A INPUT -p tcp -m length --length 900:65535 -j DROP
