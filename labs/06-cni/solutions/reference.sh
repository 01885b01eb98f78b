# Two pods plugged by hand, the chain written, a plugin of one's own.
{% set slip = "" %}
{% set conf = "10-mynet.conflist" %}
{% include lab ~ "/solutions/core.inc" %}
{% include lab ~ "/solutions/chain.inc" %}
{% include lab ~ "/solutions/plugin.inc" %}
{% include lab ~ "/solutions/fault.inc" %}
