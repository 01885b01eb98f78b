# cause: packets-filtered
# where: worker1
# report: "Customers get no page at {{ w1.address }}:{{ node_port }}. At {{ w2.address }} they do."
# shows: calls from outside to worker1's node port end on worker1's eth0; the journey names the rule.
on worker1 iptables -t raw -I PREROUTING 1 -p tcp --dport {{ node_port }} -j DROP
