# Only worker1's pods get out.
# must fail: pods_get_answers, fault_repaired
#: build core
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ w1.pod_address }}:80
