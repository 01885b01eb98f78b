# The Service is made in the namespace default.
# must fail: service_has_a_name, short_names_do, fault_repaired
# like: reference
# without: break to repair
#: service
on control bash -c 'kubectl create service clusterip nginx-service --tcp=80:80'
