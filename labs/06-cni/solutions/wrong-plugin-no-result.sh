# A plugin with one slip: the result does not tell the address.
# must fail: my_plugin_adds
{% set slip = "no-result" %}
{% set conf = "10-mynet.conflist" %}
{% include lab ~ "/solutions/core.inc" %}
{% include lab ~ "/solutions/chain.inc" %}
{% include lab ~ "/solutions/plugin.inc" %}
{% include lab ~ "/solutions/fault.inc" %}
