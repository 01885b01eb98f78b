# cause: forwarding-off
# where: router1
# report: "{{ a.name }} reaches nobody in the other two buildings any more. Nobody gets an error, they just wait."
# shows: everybody reaches router1 at all its addresses; nothing gets past it, and nobody says so.
on router1 sysctl -qw net.ipv4.ip_forward=0
