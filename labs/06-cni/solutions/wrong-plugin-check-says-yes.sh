# A plugin with one slip: CHECK says yes whatever happened.
# must fail: my_plugin_checks
{% set slip = "check-says-yes" %}
{% set conf = "10-mynet.conflist" %}
{% include lab ~ "/solutions/core.inc" %}
{% include lab ~ "/solutions/chain.inc" %}
{% include lab ~ "/solutions/plugin.inc" %}
{% include lab ~ "/solutions/fault.inc" %}
