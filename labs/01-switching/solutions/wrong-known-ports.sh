# The second host takes calls to well-known ports only.
# must fail: first_two_talk, third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ b.name }} iptables -A INPUT -p tcp --syn -m multiport ! --dports 22,80,443,7000,8080 -j DROP
