"""The part of BlueZ that a scanner meets, served on a D-Bus: one adapter, discovery sessions, devices heard.

Written after the behaviour of bluetoothd (doc/org.bluez.Adapter.rst, org.bluez.Device.rst, src/adapter.c), not after
what our adapter expects: properties accumulate, the signal strength is withdrawn when discovery ends, an unchanged
value is not told again unless the client asked for duplicates. It splits advertising payloads with its own code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

NAME = "org.bluez"
ADAPTER_PATH = "/org/bluez/hci0"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"

# bluetoothd forgets an unpaired device 30 s after its last packet (main.conf, TemporaryTimeout).
TEMPORARY_TIMEOUT_SECONDS = 30.0

# Signals waiting for the bus. A flood beyond this is lost, as packets are in a controller that cannot keep up.
MAX_WAITING_SIGNALS = 10_000


@dataclass(slots=True)
class _Device:
    properties: dict[str, Variant]
    last_heard: float
    manufacturer: dict[int, Variant] = field(default_factory=dict)
    service: dict[str, Variant] = field(default_factory=dict)


class BluezService:
    """Lives on one event loop; every method is called there.

    `on_discovery(bool)` tells when scanning begins (each StartDiscovery) and when the last session ends.
    """

    def __init__(self, on_discovery: Callable[[bool], None] | None = None) -> None:
        self.discovery_starts = 0
        self.mute = False  # takes calls and never answers, as a hanging bluetoothd
        self._on_discovery = on_discovery
        self._bus: MessageBus | None = None
        self._adapter: dict[str, Variant] | None = None
        self._devices: dict[str, _Device] = {}
        self._sessions: set[str] = set()
        self._duplicates: set[str] = set()
        self._stalled = False
        self._waiting: asyncio.Queue[Message] = asyncio.Queue(MAX_WAITING_SIGNALS)
        self._sender: asyncio.Task[None] | None = None

    async def serve(self, bus_address: str, *, adapter: bool = True, powered: bool = True) -> None:
        """Take the name org.bluez on the bus. OSError without a bus, RuntimeError when the name is taken."""
        self._bus = await MessageBus(bus_address=bus_address).connect()
        self._bus.add_message_handler(self._handle)
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"],
            )
        )
        if adapter:
            self._adapter = _adapter_properties(powered)
        reply = await self._bus.request_name(NAME)
        if reply.name != "PRIMARY_OWNER":
            raise RuntimeError(f"org.bluez is already on this bus: {reply.name}")
        self._sender = asyncio.get_running_loop().create_task(self._send_waiting(self._bus))

    async def close(self) -> None:
        """Leave the bus, as a bluetoothd that dies."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait({self._sender})
            self._sender = None
        if self._bus is not None:
            self._bus.disconnect()
            with suppress(EOFError, OSError):  # the bus itself may have gone first
                await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast leaves it bare
            self._bus = None

    @property
    def scanning(self) -> bool:
        return bool(self._sessions)

    def hear(self, address: str, payload: bytes, rssi_dbm: int) -> bool:
        """One packet on the air; True when it was told to a client (scanning, powered, not stalled)."""
        if not self._sessions or self._stalled or self._bus is None:
            return False
        now = asyncio.get_running_loop().time()
        self._forget_old(now)
        path = f"{ADAPTER_PATH}/dev_{address.replace(':', '_')}"
        manufacturer, service = _split(payload)
        device = self._devices.get(path)
        if device is None:
            device = _Device(_device_properties(address, rssi_dbm), now, manufacturer, service)
            self._devices[path] = device
            self._put_data(device)
            self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {DEVICE: device.properties}])
            return True
        device.last_heard = now
        changed: dict[str, Variant] = {}
        again = bool(self._duplicates)
        merged_manufacturer = {**device.manufacturer, **manufacturer}
        merged_service = {**device.service, **service}
        if manufacturer and (again or merged_manufacturer != device.manufacturer):
            changed["ManufacturerData"] = Variant("a{qv}", dict(merged_manufacturer))
        if service and (again or merged_service != device.service):
            changed["ServiceData"] = Variant("a{sv}", dict(merged_service))
        device.manufacturer, device.service = merged_manufacturer, merged_service
        rssi = Variant("n", rssi_dbm)
        if device.properties.get("RSSI") != rssi:
            changed["RSSI"] = rssi
        device.properties.update(changed)
        if changed:
            self._changed(path, DEVICE, changed, [])
        return bool(changed)

    def set_powered(self, powered: bool) -> None:
        """The adapter's switch. Off ends every discovery session, as in bluetoothd."""
        if self._adapter is None:
            raise RuntimeError("there is no adapter")
        if not powered:
            self._end_sessions()
        self._adapter["Powered"] = Variant("b", powered)
        self._changed(ADAPTER_PATH, ADAPTER, {"Powered": Variant("b", powered)}, [])

    def unplug(self) -> None:
        """Take the adapter out."""
        self._end_sessions()
        self._adapter = None
        self._devices.clear()
        self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [ADAPTER_PATH, [ADAPTER]])

    def plug(self) -> None:
        """Put an adapter in, switched on."""
        self._adapter = _adapter_properties(powered=True)
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [ADAPTER_PATH, {ADAPTER: self._adapter}])

    def stall(self) -> None:
        """Say nothing more until discovery is started anew: the stall that a watchdog must cure."""
        self._stalled = True

    def withdraw_rssi(self, address: str) -> None:
        """Forget how strong a device was, as bluetoothd does when some other program's discovery ends."""
        path = f"{ADAPTER_PATH}/dev_{address.replace(':', '_')}"
        self._devices[path].properties.pop("RSSI", None)
        self._changed(path, DEVICE, {}, ["RSSI"])

    def _put_data(self, device: _Device) -> None:
        if device.manufacturer:
            device.properties["ManufacturerData"] = Variant("a{qv}", dict(device.manufacturer))
        if device.service:
            device.properties["ServiceData"] = Variant("a{sv}", dict(device.service))

    def _forget_old(self, now: float) -> None:
        old = [p for p, d in self._devices.items() if now - d.last_heard > TEMPORARY_TIMEOUT_SECONDS]
        for path in old:
            del self._devices[path]
            self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, [DEVICE]])

    def _end_sessions(self) -> None:
        if not self._sessions:
            return
        self._sessions.clear()
        self._duplicates.clear()
        for path, device in self._devices.items():
            if device.properties.pop("RSSI", None) is not None:
                self._changed(path, DEVICE, {}, ["RSSI"])
        if self._adapter is not None:
            self._adapter["Discovering"] = Variant("b", False)
            self._changed(ADAPTER_PATH, ADAPTER, {"Discovering": Variant("b", False)}, [])
        if self._on_discovery is not None:
            self._on_discovery(False)

    def _drop_client(self, client: str) -> None:
        self._duplicates.discard(client)
        if self._sessions == {client}:
            self._end_sessions()
        self._sessions.discard(client)

    def _changed(self, path: str, interface: str, changed: dict[str, Variant], gone: list[str]) -> None:
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, gone])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus is not None and self._bus.connected and not self._waiting.full():
            self._waiting.put_nowait(Message.new_signal(path, interface, member, signature, body))

    async def _send_waiting(self, bus: MessageBus) -> None:
        """One signal at a time: dbus-fast takes a full socket for a dead one when many are buffered."""
        while bus.connected:
            message = await self._waiting.get()
            try:
                await bus.send(message)
            except (EOFError, OSError):  # the bus has gone; there is nobody left to tell
                return

    def _handle(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and not message.body[2]:
                self._drop_client(message.body[0])
            return None
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        if self.mute:
            return True
        match message.interface, message.member:
            case "org.freedesktop.DBus.ObjectManager", "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._objects()])
            case "org.bluez.Adapter1", "SetDiscoveryFilter" | "StartDiscovery" | "StopDiscovery":
                return self._adapter_call(message)
        return None

    def _objects(self) -> dict[str, dict[str, dict[str, Variant]]]:
        objects: dict[str, dict[str, dict[str, Variant]]] = {"/org/bluez": {"org.bluez.AgentManager1": {}}}
        if self._adapter is not None:
            objects[ADAPTER_PATH] = {ADAPTER: self._adapter}
        objects.update({path: {DEVICE: device.properties} for path, device in self._devices.items()})
        return objects

    def _adapter_call(self, message: Message) -> Message:
        client = message.sender or ""
        if self._adapter is None or message.path != ADAPTER_PATH:
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownObject", "no such adapter")
        if not self._adapter["Powered"].value:
            return Message.new_error(message, "org.bluez.Error.NotReady", "Resource Not Ready")
        if message.member == "SetDiscoveryFilter":
            duplicates = message.body[0].get("DuplicateData", Variant("b", True)).value if message.body[0] else False
            (self._duplicates.add if duplicates else self._duplicates.discard)(client)
        elif message.member == "StartDiscovery":
            if client in self._sessions:
                return Message.new_error(message, "org.bluez.Error.InProgress", "Operation already in progress")
            self._sessions.add(client)
            self._stalled = False
            self.discovery_starts += 1
            self._adapter["Discovering"] = Variant("b", True)
            self._changed(ADAPTER_PATH, ADAPTER, {"Discovering": Variant("b", True)}, [])
            if self._on_discovery is not None:
                self._on_discovery(True)
        else:
            if client not in self._sessions:
                return Message.new_error(message, "org.bluez.Error.Failed", "No discovery started")
            self._drop_client(client)
        return Message.new_method_return(message)


def _adapter_properties(powered: bool) -> dict[str, Variant]:
    return {
        "Address": Variant("s", "02:00:00:00:00:01"),
        "AddressType": Variant("s", "public"),
        "Name": Variant("s", "simulated"),
        "Alias": Variant("s", "simulated"),
        "Powered": Variant("b", powered),
        "Discovering": Variant("b", False),
        "Roles": Variant("as", ["central", "peripheral"]),
        "UUIDs": Variant("as", []),
    }


def _device_properties(address: str, rssi_dbm: int) -> dict[str, Variant]:
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", "random"),
        "Alias": Variant("s", address.replace(":", "-")),
        "Adapter": Variant("o", ADAPTER_PATH),
        "Paired": Variant("b", False),
        "Connected": Variant("b", False),
        "RSSI": Variant("n", rssi_dbm),
    }


def _split(payload: bytes) -> tuple[dict[int, Variant], dict[str, Variant]]:
    """Manufacturer and service data of a payload, in D-Bus shape."""
    manufacturer: dict[int, Variant] = {}
    service: dict[str, Variant] = {}
    rest = payload
    while len(rest) >= 2 and 0 < rest[0] < len(rest):
        kind, body, rest = rest[1], rest[2 : rest[0] + 1], rest[rest[0] + 1 :]
        if len(body) < 2:
            continue
        number = body[0] | body[1] << 8
        if kind == 0xFF:
            manufacturer[number] = Variant("ay", body[2:])
        elif kind == 0x16:
            service[f"0000{number:04x}-0000-1000-8000-00805f9b34fb"] = Variant("ay", body[2:])
    return manufacturer, service
