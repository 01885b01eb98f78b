# The chain in one conf of version 1.0.0 under another file name; the plugin of one's own in Python, on a bridge, with host-local for the addresses.
# like: reference
{% set conf = "00-chain.conflist" %}
#: chain
on worker1 bash -c 'rm -f /etc/cni/net.d/*'
on worker1 tee /etc/cni/net.d/00-chain.conflist >/dev/null <<'CONF'
{"cniVersion": "1.0.0", "name": "mynet", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "{{ prefix }}"}]]}},
  {"type": "bandwidth", "capabilities": {"bandwidth": true}},
  {"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}]}
CONF

#: own-plugin
on worker1 tee /opt/cni/bin/my-plugin >/dev/null <<'PLUGIN'
#!/usr/bin/python3 -IS
"""A CNI plugin on a bridge of its own; the addresses come from host-local."""
import json
import os
import subprocess
import sys

os.environ["PATH"] += ":/usr/sbin:/sbin"
command = os.environ.get("CNI_COMMAND", "")


def fail(code, message):
    print(json.dumps({"cniVersion": "1.0.0", "code": code, "msg": message}))
    sys.exit(1)


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


try:
    conf = json.load(sys.stdin)
    version, prefix = conf["cniVersion"], conf.get("prefix", "10.99.0.0/24")
except (ValueError, KeyError, TypeError) as error:
    fail(6, f"the conf can't be read: {error}")
if command == "VERSION":
    print(json.dumps({"cniVersion": version, "supportedVersions": ["0.4.0", "1.0.0"]}))
    sys.exit()
ns, link = os.environ.get("CNI_NETNS", "").rpartition("/")[2], os.environ["CNI_IFNAME"]
host = "py" + os.environ["CNI_CONTAINERID"][:9]


def ipam():
    data = {"cniVersion": version, "name": "my-plugin", "ipam": {"type": "host-local", "subnet": prefix}}
    done = subprocess.run(["/opt/cni/bin/host-local"], input=json.dumps(data), capture_output=True, text=True)
    if done.returncode:
        print(done.stdout)
        sys.exit(1)
    return json.loads(done.stdout or "{}")


if command == "ADD":
    result = ipam()
    address, gateway = result["ips"][0]["address"], result["ips"][0]["gateway"]
    ip("link", "add", "my0", "type", "bridge", check=False)
    ip("addr", "replace", gateway + "/" + address.partition("/")[2], "dev", "my0")
    ip("link", "set", "my0", "up")
    ip("link", "add", host, "type", "veth", "peer", "name", link, "netns", ns)
    ip("link", "set", host, "master", "my0", "up")
    ip("-n", ns, "addr", "add", address, "dev", link)
    ip("-n", ns, "link", "set", link, "up")
    ip("-n", ns, "route", "add", "default", "via", gateway)
    result["interfaces"] = [{"name": "my0"}, {"name": host}, {"name": link, "sandbox": os.environ["CNI_NETNS"]}]
    result["ips"][0]["interface"] = 2
    print(json.dumps(result))
elif command == "DEL":
    ip("link", "del", host, check=False)
    ipam()
elif command == "CHECK":
    wanted = conf["prevResult"]["ips"][0]["address"]
    if wanted not in ip("-n", ns, "-o", "addr", "show", link, check=False).stdout:
        fail(100, f"{link} does not have {wanted}")
else:
    fail(4, f"CNI_COMMAND {command} is unknown")
PLUGIN
on worker1 chmod +x /opt/cni/bin/my-plugin
