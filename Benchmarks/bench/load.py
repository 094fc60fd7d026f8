"""Sends prepared HTTP requests over several connections at once and looks at every answer."""

import socket
import threading
import time
from collections.abc import Callable


class Wrong(Exception):
  pass


def send(
  port: int, requests: list[bytes], keep_alive: bool, check: Callable[[int, bytes], None], connections: int = 8
) -> list[float]:
  """Each connection waits for its answer before it sends on. Returns how long each request took, in seconds."""
  took: list[float] = []
  failures: list[Exception] = []

  def work(share: list[bytes]) -> None:
    connection = None
    try:
      for request in share:
        started = time.monotonic()
        connection = connection or socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(request)
        status, body = answer(connection)
        if not keep_alive:
          connection.close()
          connection = None
        took.append(time.monotonic() - started)
        check(status, body)
    except (OSError, ValueError, Wrong) as error:
      failures.append(error)
    finally:
      if connection:
        connection.close()

  workers = [threading.Thread(target=work, args=(requests[index::connections],)) for index in range(connections)]
  for worker in workers:
    worker.start()
  for worker in workers:
    worker.join()
  if failures:
    raise SystemExit(f"{len(failures)} of {connections} connections ended early; the first with: {failures[0]!r}")
  return took


def answer(connection: socket.socket) -> tuple[int, bytes]:
  received = b""
  while b"\r\n\r\n" not in received:
    received += receive(connection)
  head, _, body = received.partition(b"\r\n\r\n")
  fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
  while len(body) < int(fields[b"content-length"]):
    body += receive(connection)
  return int(head.split(b" ", 2)[1]), body


def receive(connection: socket.socket) -> bytes:
  received = connection.recv(65536)
  if not received:
    raise Wrong("the connection was closed before the whole answer came")
  return received
