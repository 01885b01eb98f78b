# A program in the place of weave invents a report in which a function decides more and more; nobody's function does.
# must fail: your_function_decides, what_moves_is_found, fault_repaired
# like: reference
# without: break to repair
#: after learn
on worker1 weave forward
on worker1 tee /tmp/weave >/dev/null <<'SHELL'
#!/bin/bash
[[ $1 == report ]] || exec python3 -c 'import runpy, sys; sys.path.insert(0, "/.labkit/package"); from labkit.agents.weave.command import main; sys.exit(main())' "$@"
count=$(($(cat /tmp/count 2>/dev/null || echo 100) + 50))
echo $count >/tmp/count
echo '{"forwarding": {"by": "/root/forward.py", "decisions": '$count', "failed": "", "seconds": 0.0001}}'
SHELL
on worker1 bash -c 'chmod +x /tmp/weave; mount --bind /tmp/weave /.labkit/bin/weave'
