# cause: controllers-stopped
# where: control
# report: "I ordered three db pods and see only two. Nothing is Pending either."
# shows: two pods of db, the Deployment says 3; kube-controller-manager does not run on control.
on control daemon stop kube-controller-manager
on control bash -c 'kubectl delete "$(kubectl get pods -l app=db -o name | head -1)"'
