# What is small gets to api, what is large gets lost.
# must fail: shop_is_served, fault_repaired
# like: reference
# without: break to repair
#: after names
on worker2 iptables -t raw -I PREROUTING 1 -p tcp --dport {{ c.port }} -m length --length 600: -j DROP
