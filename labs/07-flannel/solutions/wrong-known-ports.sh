# A pod takes calls to well-known ports only.
# must fail: everybody_talks, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on {{ b.name }} iptables -A INPUT -p tcp --syn -m multiport ! --dports 22,80,443,7000,8080 -j DROP
