# cause: scheduler-stopped
# where: control
# report: "One of the db pods died, and its successor does not start. It says nothing at all."
# shows: a pod of db is Pending, has no node and no Events; kube-scheduler does not run on control.
on control daemon stop kube-scheduler
on control bash -c 'kubectl delete "$(kubectl get pods -l app=db -o name | head -1)"'
