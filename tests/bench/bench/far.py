# SPDX-License-Identifier: MPL-2.0
"""Makes a TCP server seem far away: far.py LISTEN-PORT PORT MS adds MS to each round trip, on 127.0.0.1."""
import asyncio
import sys


class Half(asyncio.Protocol):
    """One direction: what arrives is written to the other side later, in the same order."""

    def __init__(self, delay):
        self.delay, self.transport, self.other, self.early = delay, None, None, []

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        asyncio.get_running_loop().call_later(self.delay, self.pass_on, data)

    def pass_on(self, data):
        if self.other is None:
            self.early.append(data)
        elif self.other.transport:
            self.other.transport.write(data)

    def join(self, other):
        self.other = other
        for data in self.early:
            self.pass_on(data)

    def connection_lost(self, _):
        self.transport = None
        if self.other and self.other.transport:
            asyncio.get_running_loop().call_later(self.delay, self.other.transport.close)


class Near(Half):
    def __init__(self, delay, port):
        super().__init__(delay)
        self.port = port

    def connection_made(self, transport):
        super().connection_made(transport)
        self.task = asyncio.ensure_future(self.connect())

    async def connect(self):
        _, far = await asyncio.get_running_loop().create_connection(lambda: Half(self.delay), "127.0.0.1", self.port)
        far.join(self)
        self.join(far)


async def main(listen, port, delay):
    server = await asyncio.get_running_loop().create_server(lambda: Near(delay, port), "127.0.0.1", listen)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 2000))
