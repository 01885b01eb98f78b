# A plugin with one slip: everybody gets the same address.
# must fail: my_plugin_serves_two_at_once
{% set slip = "one-address" %}
{% include "06-cni/solutions/core.inc" %}
{% include "06-cni/solutions/chain.inc" %}
{% include "06-cni/solutions/plugin.inc" %}
{% include "06-cni/solutions/fault.inc" %}
