# cause: wrong-service-port
# where: control
# report: "{{ path }} says 503 since its rule was written anew. The Service has a pod, and it runs."
# shows: {{ path }} is 503; `describe ingress` names port 8000 of {{ api }}-service, which has port 80 only.
wait_for() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'until [[ "$(curl -sk -m 1 -o /dev/null -w "%{http_code}" "$2")" == $1 ]]; do :; done' bash "$@"
}
if [ -n "$(on control kubectl get ingress -o name)" ]; then
    on control bash -c 'kubectl get ingress -o json | jq "(.. | objects | select(.name? == \"{{ api }}-service\")).port.number = 8000" | kubectl replace -f -'
    wait_for 503 https://{{ site }}:30391{{ path }}
fi
