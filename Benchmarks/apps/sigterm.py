"""An app that answers on PORT, and writes to the file it is given when SIGTERM came."""

import os
import signal
import socket
import sys
import threading
import time

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))


def serve() -> None:
  while True:
    connection, _ = server.accept()
    with connection:
      connection.recv(4096)
      connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


threading.Thread(target=serve, daemon=True).start()
signal.sigwait({signal.SIGTERM})
arrived = time.monotonic_ns()
with open(sys.argv[1], "w", encoding="ascii") as file:
  file.write(str(arrived))
os._exit(0)
