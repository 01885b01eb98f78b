# At the second host every path is served, not /health alone.
# must fail: nothing_else_comes_in, fault_repaired
# like: reference
# without: break to repair
#: hosts
on control kubectl delete ingress --all
on control kubectl create ingress shop --class=nginx --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl create ingress {{ api }} --class=nginx --rule="{{ site }}{{ path }}*={{ api }}-service:80" --rule="status.{{ site }}/*={{ api }}-service:80"
wait_served 200 http://status.{{ site }}:32446/health
