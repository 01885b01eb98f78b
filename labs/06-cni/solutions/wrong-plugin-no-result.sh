# A plugin with one slip: the result does not tell the address.
# must fail: my_plugin_adds
{% set slip = "no-result" %}
{% include "06-cni/solutions/core.inc" %}
{% include "06-cni/solutions/chain.inc" %}
{% include "06-cni/solutions/plugin.inc" %}
{% include "06-cni/solutions/fault.inc" %}
