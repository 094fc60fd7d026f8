"""What every HAProxy here is told."""


def configuration(
  port: int, servers: list[str], threads: int = 1, process_wide: str = "", request: str = "", listening: str = ""
) -> str:
  """`servers`: a name, an address and options each. `process_wide` and `request`: further lines. `listening`: options
  of the socket."""
  return f"""global
  nbthread {threads}
{process_wide}defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port}{listening}
{request}  default_backend app
backend app
""" + "".join(f"  server {server}\n" for server in servers)


def command(file: object) -> list[str]:
  return ["haproxy", "-db", "-f", str(file)]
