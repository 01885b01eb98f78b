# cause: wrong-gateway
# where: worker1
# report: "Names come at once, or after five seconds; one can't tell beforehand. It is client that complains, guest a little less."
# shows: what worker1's pods ask of the CoreDNS pod on worker2 gets lost: worker1's route to worker2's pods leads to an address that nobody has.
on worker1 ip route replace {{ w2.prefix }} via {{ lan | host(99) }}
