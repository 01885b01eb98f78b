# A plugin with one slip: a second DEL is an error.
# must fail: my_plugin_deletes_twice
{% set slip = "del-once" %}
{% include "06-cni/solutions/core.inc" %}
{% include "06-cni/solutions/chain.inc" %}
{% include "06-cni/solutions/plugin.inc" %}
{% include "06-cni/solutions/fault.inc" %}
