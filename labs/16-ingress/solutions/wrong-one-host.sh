# The second host has no rule.
# must fail: paths_lead_to_api, http_leads_to_https, fault_repaired
# like: reference
# without: break to repair
#: hosts
on control kubectl delete ingress --all
on control kubectl create ingress shop --class=nginx --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl create ingress {{ api }} --class=nginx --rule="{{ site }}{{ path }}*={{ api }}-service:80"
wait_served 200 http://{{ site }}:32446{{ path }}
