# cause: wrong-gateway
# where: worker1
# report: "Names come at once, or after five seconds; one can't tell beforehand. client and guest complain alike."
# shows: what worker1's pods ask of the CoreDNS pod on worker2 gets lost, and what the one on worker1 answers worker2's pods: worker1's route to worker2's pods leads to an address that nobody has.
on worker1 ip route replace {{ w2.prefix }} via {{ lan | host(99) }}
