# cause: packets-filtered
# where: worker1
# shows: requests go out and answers come back to worker1, where they end.
on worker1 iptables -I FORWARD 1 -m conntrack --ctstate ESTABLISHED -j DROP
