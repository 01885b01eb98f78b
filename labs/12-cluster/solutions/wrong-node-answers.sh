# nginx runs on worker3 itself, and the node's address stands in the status.
# must fail: api_runs, fault_repaired
# like: reference
# without: break to repair
#: process
on worker3 daemon start nginx says="hello from api"
#: status
on control kubectl patch pod api --subresource=status -p '{"status": {"phase": "Running", "podIP": "{{ w3.address }}", "podIPs": [{"ip": "{{ w3.address }}"}]}}'
