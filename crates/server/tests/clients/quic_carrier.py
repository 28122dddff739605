"""QUIC for clients that only know sockets: aioquic carries their bytes on one stream."""

import asyncio
import socket
import threading

from aioquic.asyncio import connect
from aioquic.quic.configuration import QuicConfiguration


def carry(port, authority):
    """Connects to a broker on this machine and returns a socket whose bytes are those of a stream."""
    near, far = socket.socketpair()
    threading.Thread(target=lambda: asyncio.run(_carry(far, port, authority)), daemon=True).start()
    return near


async def _carry(far, port, authority):
    configuration = QuicConfiguration(is_client=True, alpn_protocols=["mqtt"], server_name="localhost")
    configuration.load_verify_locations(authority)
    local_reader, local_writer = await asyncio.open_connection(sock=far)
    async with connect("127.0.0.1", port, configuration=configuration) as connection:
        reader, writer = await connection.create_stream()
        await asyncio.gather(_pass_on(local_reader, writer), _pass_on(reader, local_writer))


async def _pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except ConnectionError:
        pass  # The other direction has ended, and says so.
