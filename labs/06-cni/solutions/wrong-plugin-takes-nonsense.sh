# A plugin with one slip: nonsense on stdin is taken for an empty conf.
# must fail: my_plugin_refuses_nonsense
# like: reference
#: after own-plugin
on worker1 sed -i -e 's/|| fail 6 .*/|| version=1.0.0/' \
    -e 's,^prefix=.*,prefix=$(jq -re .prefix <<<"$conf" 2>/dev/null) || prefix=10.99.0.0/24,' /opt/cni/bin/my-plugin
