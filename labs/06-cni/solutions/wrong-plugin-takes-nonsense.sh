# A plugin with one slip: nonsense on stdin is taken for an empty conf.
# must fail: my_plugin_refuses_nonsense
{% set slip = "takes-nonsense" %}
{% include "06-cni/solutions/core.inc" %}
{% include "06-cni/solutions/chain.inc" %}
{% include "06-cni/solutions/plugin.inc" %}
{% include "06-cni/solutions/fault.inc" %}
