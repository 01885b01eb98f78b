# cause: scaled-to-zero
# where: control
# report: "{{ site }} refuses everybody. Somebody wanted to save a little money over night."
# shows: connection refused at both ports; the Deployment of the controller has 0 replicas.
wait_for() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'until [[ "$(curl -sk -m 1 -o /dev/null -w "%{http_code}" "$2")" == $1 ]]; do :; done' bash "$@"
}
on control kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=0
wait_for 000 http://status.{{ site }}:32446/health
