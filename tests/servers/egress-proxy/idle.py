#!/usr/bin/env python3
"""Opens connections that say nothing: idle.py HOST PORT CONNECTIONS [PATH]

With a path each sends one request first, and reads its answer. Prints how many are open, and holds them until its standard
input ends; then it prints how many of them are still open.
"""
import http.client
import resource
import select
import socket
import sys

host, port, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
path = sys.argv[4] if len(sys.argv) > 4 else None
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

held = []
for _ in range(connections):
    connection = socket.create_connection((host, port), timeout=60)
    if path:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        # To its end: nothing of it may be left to be read.
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        answer.read()
        if answer.status != 200 or answer.will_close:
            sys.exit(f"{answer.status}, and will be closed: {answer.will_close}")
        answer.close()
    held.append(connection)
print(len(held), flush=True)
sys.stdin.read()
poller = select.poll()
for connection in held:
    poller.register(connection, select.POLLIN)
# Whatever can be read of a connection that nothing was asked on is its end.
closed = len(poller.poll(0))
print(len(held) - closed, flush=True)
