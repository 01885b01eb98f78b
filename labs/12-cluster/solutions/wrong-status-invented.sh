# The status says Running and an address, and nothing runs.
# must fail: api_runs, fault_repaired
# like: reference
# without: sandbox to process, break to repair
#: status
on control kubectl patch pod api --subresource=status -p '{"status": {"phase": "Running", "podIP": "{{ w3.prefix | host(99) }}", "podIPs": [{"ip": "{{ w3.prefix | host(99) }}"}]}}'
