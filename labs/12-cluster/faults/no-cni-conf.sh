# cause: no-cni-conf
# where: worker2
# report: "Since this morning none of my new pods is started on one of the machines. What ran there goes on."
# shows: worker2 is NotReady: cni plugin not initialized; its /etc/cni/net.d is empty.
on worker2 rm /etc/cni/net.d/10-bridge.conflist
on control kubectl wait node worker2 --for=condition=Ready=False --timeout=60s
