# One Ingress without a host, for everything.
# must fail: paths_lead_to_api, certificate_is_accepted, fault_repaired
# like: reference
# without: certificate to repair
#: hosts
wait_served 200 http://{{ site }}:32446/
