# Only what goes to the pod is limited.
# must fail: chain_is_complete, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
on worker1 bash -c 'cd /opt/cni/bin; mv bandwidth bandwidth-real; printf "#!/bin/bash\njq \x27del(.runtimeConfig.bandwidth.egressRate, .runtimeConfig.bandwidth.egressBurst)\x27 | exec /opt/cni/bin/bandwidth-real\n" >bandwidth; chmod +x bandwidth'
