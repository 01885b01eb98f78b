# cause: tainted-node
# where: worker1 | control
# report: "web is gone. Nobody deleted it, and it does not come back."
# shows: the pod web is not there any more; all pods of db are on worker2; kubectl describe node worker1 has a taint NoExecute.
on control kubectl taint node worker1 maintenance=yes:NoExecute
on control kubectl wait pod web --for=delete --timeout=60s
