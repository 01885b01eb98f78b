# cause: wrong-selector
# where: control
# report: "{{ path }} says 503 since the last release. All pods are running."
# shows: {{ path }} is 503; {{ api }}-service has no endpoints, for its selector fits no pod.
wait_for() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'until [[ "$(curl -sk -m 1 -o /dev/null -w "%{http_code}" "$2")" == $1 ]]; do :; done' bash "$@"
}
on control kubectl patch service {{ api }}-service --patch '{"spec": {"selector": {"app": "{{ api }}-v2"}}}'
wait_for "5??" https://{{ site }}:30391{{ path }}
