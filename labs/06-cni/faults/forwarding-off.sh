# cause: forwarding-off
# where: worker1:cni0 | worker1
# report: "Since last night's security update no pod of mine reaches anything outside."
# shows: the node reaches everybody, its pods reach each other; what they send to the outside comes in by cni0 and goes no further.
on worker1 bash <<'LINKS'
# of each link: the plugin bridge writes net.ipv4.ip_forward=1 with every ADD, but that changes nothing where it is 1 already
for link in /proc/sys/net/ipv4/conf/*/; do
    case $(basename "$link") in all | lo | eth0) ;; *) echo 0 >"${link}forwarding" ;; esac
done
LINKS
undo on worker1 bash -c 'sysctl -qw net.ipv4.ip_forward=0; sysctl -qw net.ipv4.ip_forward=1' # of all links anew
