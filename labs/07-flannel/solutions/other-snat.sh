# By pen, with rules of iptables: pods keep their address among themselves, elsewhere they get their node's.
# like: other-by-pen
serve_pods() {
    on "$1" cp /.labkit/bin/flannel /opt/cni/bin/
    on "$1" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
    on "$1" mkdir -p /run/flannel
    printf 'FLANNEL_%s\n' NETWORK={{ pods }} "SUBNET=${3%.0}.1/24" MTU=1450 IPMASQ=true |
        on "$1" tee /run/flannel/subnet.env >/dev/null
    on "$1" iptables -t nat -A POSTROUTING -s "$2" -d {{ pods }} -j RETURN
    on "$1" iptables -t nat -A POSTROUTING -s "$2" -o eth0 -j SNAT --to-source "$5"
}
