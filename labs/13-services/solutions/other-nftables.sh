# kube-proxy in its nftables mode, and no rule by hand at any time.
# like: reference
# without: one-pod to two-pods
#: kube-proxy
on control bash -c 'sed "s/mode: \"iptables\"/mode: \"nftables\"/" /root/kube-proxy.yaml | kubectl apply -f -'
wait_rules

#: take-away
true
