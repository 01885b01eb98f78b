# Two pods of the controller; the class in the old annotation.
# like: reference
#: hosts
on control kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=2
on control kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=60s
on control kubectl delete ingress --all
on control kubectl create ingress shop --annotation=kubernetes.io/ingress.class=nginx --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl create ingress {{ api }} --annotation=kubernetes.io/ingress.class=nginx --rule="{{ site }}{{ path }}*={{ api }}-service:80" --rule="status.{{ site }}/health={{ api }}-service:80"
wait_served 200 http://status.{{ site }}:32446/health
