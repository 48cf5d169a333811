"""Many approved devices at once, put into the server's own tables: pairing each through the wire costs a scrypt.

python -m tests.proofs.fleet       reads [[name, public key in hex], …] on stdin, in the server's environment
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from sync.keys import create_device_identity
from tests.fixtures.device_client import DeviceClient
from tests.fixtures.server import ROOT, LiveServer

TERRITORY = "pays-du-bon-coin"


def add_devices(server: LiveServer, prefix: str, count: int) -> list[DeviceClient]:
    """Clients of `count` fresh desks, named prefix-N and approved."""
    clients = [
        DeviceClient(server.base, create_device_identity(), f"{prefix}-{index}", TERRITORY) for index in range(count)
    ]
    rows = [[client.name, client.identity.public_der.hex()] for client in clients]
    subprocess.run(
        [sys.executable, "-m", "tests.proofs.fleet"],
        cwd=ROOT,
        env=server.environment,
        input=json.dumps(rows),
        text=True,
        check=True,
        timeout=120,
    )
    return clients


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "server.settings"
    import django

    django.setup()
    from server.devices.models import Device, DeviceState

    devices = [
        Device(
            territory=TERRITORY,
            name=name,
            site_number=1,
            role="desk",
            state=DeviceState.APPROVED,
            public_key=bytes.fromhex(key),
            sealing_key=bytes(32),
            incarnation=1,
        )
        for name, key in json.load(sys.stdin)
    ]
    Device.objects.bulk_create(devices)
    return 0


if __name__ == "__main__":
    sys.exit(main())
