# cause: wrong-class
# where: control
# report: "Since the objects were tidied up all our pages are gone: 404, at once, whatever one asks for. The pods are running."
# shows: every host and path is 404; CLASS of the Ingresses is nginx-ingress, which no controller serves.
wait_for() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'until [[ "$(curl -sk -m 1 -o /dev/null -w "%{http_code}" "$2")" == $1 ]]; do :; done' bash "$@"
}
if [ -n "$(on control kubectl get ingress -o name)" ]; then
    on control bash -c 'kubectl get ingress -o json | jq ".items[] |= (.spec.ingressClassName = \"nginx-ingress\" | del(.metadata.annotations[\"kubernetes.io/ingress.class\"]?))" | kubectl replace -f -'
    wait_for 404 http://status.{{ site }}:32446/health
fi
