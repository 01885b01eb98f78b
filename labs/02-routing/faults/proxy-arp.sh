# cause: proxy-arp
# where: router1 | router1:eth1
# report: "All works. But some calls to {{ b.name }} seem to go round by somewhere."
# shows: two MAC addresses answer for {{ b.address }}; packets for {{ b.name }} may take the detour through router1.
on router1 sysctl -qw net.ipv4.conf.eth1.proxy_arp_pvlan=1
