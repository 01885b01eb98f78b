# Plain http goes on serving the pages.
# must fail: http_leads_to_https, fault_repaired
# like: reference
# without: break to repair
#: tls
on control kubectl annotate ingress --all nginx.ingress.kubernetes.io/ssl-redirect=false
on control kubectl create secret tls shop-tls --cert=/root/tls.crt --key=/root/tls.key
on control kubectl patch ingress shop --patch '{"spec": {"tls": [{"hosts": ["{{ site }}"], "secretName": "shop-tls"}]}}'
