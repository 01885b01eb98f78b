# A plugin with one slip: nonsense on stdin is taken for an empty conf.
# must fail: my_plugin_refuses_nonsense
{% set slip = "takes-nonsense" %}
{% set conf = "10-mynet.conflist" %}
{% include lab ~ "/solutions/core.inc" %}
{% include lab ~ "/solutions/chain.inc" %}
{% include lab ~ "/solutions/plugin.inc" %}
{% include lab ~ "/solutions/fault.inc" %}
