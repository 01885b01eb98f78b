# A plugin with one slip: CHECK says yes whatever happened.
# must fail: my_plugin_checks
{% set slip = "check-says-yes" %}
{% include "06-cni/solutions/core.inc" %}
{% include "06-cni/solutions/chain.inc" %}
{% include "06-cni/solutions/plugin.inc" %}
{% include "06-cni/solutions/fault.inc" %}
