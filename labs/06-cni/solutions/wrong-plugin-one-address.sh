# A plugin with one slip: everybody gets the same address.
# must fail: my_plugin_serves_two_at_once
{% set slip = "one-address" %}
{% set conf = "10-mynet.conflist" %}
{% include lab ~ "/solutions/core.inc" %}
{% include lab ~ "/solutions/chain.inc" %}
{% include lab ~ "/solutions/plugin.inc" %}
{% include lab ~ "/solutions/fault.inc" %}
