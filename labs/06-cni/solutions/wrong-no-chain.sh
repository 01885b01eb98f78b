# The single plugin stays: pods are plugged, but port mappings and rates are ignored.
# must fail: chain_is_complete, fault_repaired, my_plugin_tells_versions, my_plugin_adds
# like: reference
# without: chain, break to own-plugin
