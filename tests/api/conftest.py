"""A test client here is a direct connection of the machine to itself, as a browser beside the server is.

Without proof of who one is that is the only way to be an admin, and only while developing: see
docs/access.md. Tests of access say who connects themselves.
"""

from __future__ import annotations

from starlette.testclient import TestClient

assert TestClient.__init__.__defaults__ is not None
TestClient.__init__.__defaults__ = (*TestClient.__init__.__defaults__[:-1], ("127.0.0.1", 50000))
