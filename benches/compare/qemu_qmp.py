#!/usr/bin/env python3
"""A client made with PyPI's qemu.qmp: `qemu_qmp.py SOCKET COUNT COMMAND`, nanoseconds of wall and processor time each."""

import asyncio
import sys
import time

from qemu.qmp import QMPClient


async def main(socket, count, command):
    client = QMPClient("bench")
    await client.connect(socket)
    for _ in range(count // 10):
        await client.execute(command)
    wall, cpu = time.monotonic_ns(), time.thread_time_ns()
    for _ in range(count):
        await client.execute(command)
    print((time.monotonic_ns() - wall) // count, (time.thread_time_ns() - cpu) // count)
    await client.disconnect()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
