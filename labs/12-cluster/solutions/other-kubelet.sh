# Nothing by hand: the kubelet of worker3 is started, and does for api what it does for every pod. The Deployment comes from a file.
# like: reference
# without: sandbox to process
#: status
on worker3 daemon start kubelet
on control kubectl wait pod api --for=condition=Ready --timeout=60s
#: deployment
on control bash -c 'kubectl create deployment db --image=nginx --replicas=1 --dry-run=client -o yaml | kubectl apply -f -'
on control kubectl scale deployment db --replicas=3
on control kubectl rollout status deployment db --timeout=60s
