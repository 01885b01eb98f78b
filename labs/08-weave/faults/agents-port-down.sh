# cause: link-down
# where: worker3:vethwe-pcap | worker3
# shows: {{ w3.pod }} is cut off, though worker3's connections are all established; vethwe-bridge has no carrier.
on worker3 ip link set vethwe-pcap down
