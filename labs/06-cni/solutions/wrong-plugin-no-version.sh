# A plugin with one slip: VERSION is an error.
# must fail: my_plugin_tells_versions
{% set slip = "no-version" %}
{% set conf = "10-mynet.conflist" %}
{% include lab ~ "/solutions/core.inc" %}
{% include lab ~ "/solutions/chain.inc" %}
{% include lab ~ "/solutions/plugin.inc" %}
{% include lab ~ "/solutions/fault.inc" %}
