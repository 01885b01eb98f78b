"""What a kubelet needs of its libraries, imported by the warm process before it forks: three kubelets share these pages.

A client that is made and thrown away loads what it would load later, in each kubelet by itself: 9 MB.
"""

from __future__ import annotations

import httpx2
import lightkube  # noqa: F401
import tornado.simple_httpclient  # noqa: F401
import yaml  # noqa: F401

httpx2.Client(verify=False).close()
