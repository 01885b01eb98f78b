# router1 lets the nodes' pings pass, and every second wrapped packet.
# must fail: racks_talk, everybody_talks, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on router1 iptables -A FORWARD -p udp -m statistic --mode nth --every 2 --packet 0 -j DROP
