# cause: wrong-namespace
# where: control
# report: "client can't find nginx-service since somebody made it anew. All other names are there."
# shows: the Service is in the namespace default: nginx-service.{{ ns }} is NXDOMAIN, nginx-service.default is not.
on control kubectl -n {{ ns }} delete service nginx-service --ignore-not-found
on control bash -c 'kubectl get service nginx-service || kubectl create service clusterip nginx-service --tcp=80:80'
undo on control kubectl delete service nginx-service --ignore-not-found
