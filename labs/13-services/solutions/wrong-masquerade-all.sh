# kube-proxy told to masquerade every call: the pods see nodes in the place of their callers.
# must fail: client_is_served, fault_repaired
# like: reference
# without: break to repair
#: kube-proxy
on control bash -c 'sed "s/mode: \"iptables\"/&\n    iptables: {masqueradeAll: true}/" /root/kube-proxy.yaml | kubectl apply -f -'
wait_rules
