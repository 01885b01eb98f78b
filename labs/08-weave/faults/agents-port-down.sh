# cause: link-down
# where: worker3:vethwe-pcap | worker3
# report: "{{ c.name }} has been alone since the update of last night: nobody finds it, and it finds nobody."
# shows: {{ c.name }} is cut off, though worker3's connections are all established; vethwe-bridge has no carrier.
on worker3 ip link set vethwe-pcap down
