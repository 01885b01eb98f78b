# A program in the place of weave says what is wished; nobody's function decides.
# must fail: first_pod_is_plugged, your_function_decides, fault_repaired
# like: reference
# without: break to repair
#: after learn
on worker1 bash -c 'printf "#!/bin/sh\necho {}\n" >/tmp/weave; chmod +x /tmp/weave; mount --bind /tmp/weave /.labkit/bin/weave'
