# The own nginx compares the path letter by letter.
# must fail: by_hand_is_right, fault_repaired
# like: reference
# without: break to repair
#: by-hand
on worker1 bash -c 'cat >/root/by-hand.conf' <<'END'
server {
    listen 8080;
    location / { proxy_pass http://{{ a.address }}:8080; }
    location {{ path }} { proxy_pass http://{{ c.address }}:8080; }
}
END
on worker1 daemon restart nginx port=8080 conf=/root/by-hand.conf
