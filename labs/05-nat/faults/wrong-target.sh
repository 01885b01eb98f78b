# cause: wrong-target
# where: worker1
# shows: outside's connection to worker1's port {{ port }} times out; worker1 asks for an address that nobody has.
on worker1 iptables -t nat -I PREROUTING 1 -p tcp --dport {{ port }} -j DNAT --to-destination {{ w1.prefix | host(99) }}:80
