"""Asking the network a question, by sockets that PID 1 opens in a machine: no program of the learner's has a part in it.

`labkit.probe.names` asks DNS servers; it is imported when it is used, because dnspython takes as long to load as all the rest.
"""

from __future__ import annotations

from labkit.probe.answer import Answer as Answer
from labkit.probe.arp import announce as announce
from labkit.probe.arp import ask_arp as ask_arp
from labkit.probe.http import Served as Served
from labkit.probe.http import ask_http as ask_http
from labkit.probe.journey import Hop as Hop
from labkit.probe.journey import Journey as Journey
from labkit.probe.journey import Lost as Lost
from labkit.probe.journey import follow_packet as follow_packet
from labkit.probe.matrix import Cell as Cell
from labkit.probe.matrix import Matrix as Matrix
from labkit.probe.matrix import read_matrix as read_matrix
from labkit.probe.page import Page as Page
from labkit.probe.page import Tls as Tls
from labkit.probe.path import trace_path as trace_path
from labkit.probe.ping import ping as ping
from labkit.probe.ping import ping_many as ping_many
from labkit.probe.tcp import connect_tcp as connect_tcp
from labkit.probe.udp import ask_udp as ask_udp
