# cause: bridge-filter-off
# where: worker1
# report: "Every second call of {{ c.name }} hangs. {{ d.name }} has no trouble at all."
# shows: a pod of worker1 that is given the pod of its own node gets no answer: that comes over the bridge beside the rules, from an address that was not called.
on worker1 sysctl -qw net.bridge.bridge-nf-call-iptables=0
