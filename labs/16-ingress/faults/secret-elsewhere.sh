# cause: wrong-namespace
# where: control
# report: "Browsers warn of {{ site }} since the certificate was renewed. It is the right one, I have looked."
# shows: the certificate's issuer is Kubernetes Ingress Controller Fake Certificate; the Secret is in the namespace ingress-nginx, and the Ingress looks for it in its own.
on control bash -c 'kubectl get secrets --field-selector type=kubernetes.io/tls -o json | jq ".items[].metadata |= {name, namespace: \"ingress-nginx\"}" | kubectl create -f -'
on control kubectl delete secrets --field-selector type=kubernetes.io/tls
on control timeout 30 bash -c 'while curl -s -m 2 -o /dev/null --cacert /root/ca.crt https://{{ site }}:30391; do :; done'
