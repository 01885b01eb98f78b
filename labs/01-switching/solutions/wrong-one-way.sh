# The third host does not take what the first one sends.
# must fail: third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ c.name }} iptables -A INPUT -s {{ a.address }} -m conntrack --ctstate NEW -j DROP
