# cause: forwarding-off
# where: router1
# shows: everybody reaches router1 at all its addresses; nothing gets past it, and nobody says so.
on router1 sysctl -qw net.ipv4.ip_forward=0
