# cause: wrong-host
# where: control
# report: "{{ site }} says 404 since the rules were written anew. The page about our health is still there."
# shows: {{ site }} is 404 for all paths, status.{{ site }} is not; HOSTS has {{ site }}.local in the place of {{ site }}.
wait_for() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'until [[ "$(curl -sk -m 1 -o /dev/null -w "%{http_code}" "$2")" == $1 ]]; do :; done' bash "$@"
}
if [ -n "$(on control kubectl get ingress -o name)" ]; then
    on control bash -c 'kubectl get ingress -o json | jq "(.. | select(. == \"{{ site }}\")) |= . + \".local\"" | kubectl replace -f -'
    wait_for 404 https://{{ site }}:30391/
fi
