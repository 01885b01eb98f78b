# cause: kubelet-stopped
# where: worker1
# report: "kubectl logs and kubectl exec fail for web. Its page still comes."
# shows: web answers, kubectl logs web: connection refused to port 10250 of worker1; after 50 seconds worker1 is NotReady, Kubelet stopped posting node status.
on worker1 daemon stop kubelet
