# cause: no-local-pod | wrong-selector
# where: control | worker1
# report: "Since the maintenance of last night nobody gets an answer from {{ site }}. All pods are running, I have counted them."
# shows: silence at worker1; the controller's pod is on worker2, and with the policy Local worker1 passes nothing on.
wait_for() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'until [[ "$(curl -sk -m 1 -o /dev/null -w "%{http_code}" "$2")" == $1 ]]; do :; done' bash "$@"
}
on control kubectl -n ingress-nginx patch deployment ingress-nginx-controller --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "worker2"}}}}}'
on control kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=60s
wait_for 000 http://status.{{ site }}:32446/health
