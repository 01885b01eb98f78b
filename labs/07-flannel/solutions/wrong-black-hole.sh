# The nodes' large datagrams get lost on the way, without a word.
# must fail: racks_talk, everybody_talks, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on router1 iptables -A FORWARD -m length --length 1300:65535 -j DROP
