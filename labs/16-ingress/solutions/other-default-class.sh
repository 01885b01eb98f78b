# The class is the cluster's default; the Ingresses name none.
# like: reference
#: class
on control kubectl annotate ingressclass nginx ingressclass.kubernetes.io/is-default-class=true

#: hosts
on control kubectl delete ingress --all
on control kubectl create ingress shop --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl create ingress {{ api }} --rule="{{ site }}{{ path }}*={{ api }}-service:80" --rule="status.{{ site }}/health={{ api }}-service:80"
wait_served 200 http://status.{{ site }}:32446/health
