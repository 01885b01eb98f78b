# A plugin with one slip: VERSION is an error.
# must fail: my_plugin_tells_versions
{% set slip = "no-version" %}
{% include "06-cni/solutions/core.inc" %}
{% include "06-cni/solutions/chain.inc" %}
{% include "06-cni/solutions/plugin.inc" %}
{% include "06-cni/solutions/fault.inc" %}
