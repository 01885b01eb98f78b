# cause: packets-filtered
# where: worker1
# report: "Customers wait for {{ site }} for ever. Typed on one of the nodes, it works at once."
# shows: silence from outside, while localhost works on worker1; the journey names a rule of worker1's.
on worker1 iptables -t raw -I PREROUTING 1 -i eth0 -p tcp --dport 30000:32767 -j DROP
