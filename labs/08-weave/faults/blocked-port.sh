# cause: packets-filtered
# where: worker2
# report: "Since the firewall was set up nobody of the other machines gets an answer from {{ b.name }}."
# shows: datagrams reach worker2:eth0 and no frame comes out of its agent; after some seconds the connections are pending.
on worker2 iptables -I INPUT -p udp --dport 6783 -j DROP
