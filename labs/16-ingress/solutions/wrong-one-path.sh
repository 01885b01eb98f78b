# Nobody has made a rule for the path: all of the first host comes to the first application.
# must fail: paths_lead_to_api, certificate_is_accepted, fault_repaired
# like: reference
# without: break to repair
#: hosts
on control kubectl delete ingress --all
on control kubectl create ingress shop --class=nginx --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl create ingress {{ api }} --class=nginx --rule="status.{{ site }}/health={{ api }}-service:80"
wait_served 200 http://status.{{ site }}:32446/health
