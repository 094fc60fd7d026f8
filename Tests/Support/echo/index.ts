// The app behind the front in system tests: what it is asked it tells back, with the release that it is.
// `mode.json`, where there is one, says how it goes wrong.
import { existsSync, readFileSync } from "node:fs";

interface Mode {
  /// Answers 500 from the start.
  broken?: boolean;
  /// Answers 500 from that request on.
  brokenAfter?: number;
  /// Listens only after so many milliseconds.
  listensAfter?: number;
  /// Is killed so many milliseconds after it has begun to listen.
  diesAfter?: number;
  /// Ends before it listens.
  crashes?: boolean;
  /// Files below /assets/ that it has.
  assets?: string[];
}

const mode: Mode = existsSync("mode.json") ? JSON.parse(readFileSync("mode.json", "utf8")) : {};
const version = existsSync("app.json") ? JSON.parse(readFileSync("app.json", "utf8")).version : "none";
const release = process.env.RELEASE ?? "none";
const encoder = new TextEncoder();
let requests = 0;

async function events(request: Request): Promise<Response> {
  const every = Number(new URL(request.url).searchParams.get("every") ?? 20);
  let number = 0;
  let timer: Timer;
  const body = new ReadableStream({
    start(controller) {
      const tick = () =>
        controller.enqueue(encoder.encode(`id: ${++number}\ndata: {"release":"${release}","number":${number}}\n\n`));
      timer = setInterval(tick, every);
      tick();
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" } });
}

async function upload(request: Request): Promise<Response> {
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  for await (const chunk of request.body ?? []) {
    hasher.update(chunk);
    size += chunk.length;
  }
  return Response.json({ release, size, sha256: hasher.digest("hex") });
}

async function answer(request: Request, server: Bun.Server<undefined>): Promise<Response | undefined> {
  requests += 1;
  if (mode.broken || (mode.brokenAfter !== undefined && requests > mode.brokenAfter)) {
    return new Response("no database\n", { status: 500 });
  }
  const url = new URL(request.url);
  switch (url.pathname) {
    case "/events":
      return events(request);
    case "/upload":
      return upload(request);
    case "/ws":
      return server.upgrade(request) ? undefined : new Response("a WebSocket is expected here\n", { status: 426 });
    case "/slow":
      await Bun.sleep(Number(url.searchParams.get("ms") ?? 1000));
      return Response.json({ release });
    case "/crash":
      process.exit(5);
    case "/fail":
      return new Response("no database\n", { status: 500 });
  }
  if (url.pathname.startsWith("/assets/")) {
    const has = mode.assets?.includes(url.pathname.slice("/assets/".length));
    return has ? new Response(`${url.pathname} of ${version}`) : new Response("none\n", { status: 404 });
  }
  const headers = {
    "X-Method": request.method,
    "X-Target": url.pathname + url.search,
    "X-Id": request.headers.get("x-id") ?? "",
    "X-Release": release,
    "X-Version": version,
    "X-Pid": `${process.pid}`,
    "X-Forwarded": request.headers.get("x-forwarded-for") ?? "",
  };
  return new Response(request.body ? await request.bytes() : `${request.method} ${url.pathname}`, { headers });
}

if (mode.crashes) {
  console.error("TypeError: the database has no address");
  process.exit(3);
}
if (mode.listensAfter) await Bun.sleep(mode.listensAfter);
const server = Bun.serve({
  ...(process.env.LISTENS_ON_SOCKET ? { unix: process.env.APP_SOCKET } : {}),
  idleTimeout: Number(process.env.IDLE_TIMEOUT ?? 0),
  maxRequestBodySize: 1 << 30,
  fetch: answer,
  websocket: {
    maxPayloadLength: 64 << 20,
    idleTimeout: 0,
    message: (socket, message) => void socket.send(message),
  },
});
if (mode.diesAfter !== undefined) setTimeout(() => process.kill(process.pid, "SIGKILL"), mode.diesAfter);
console.log(`release ${release}, version ${version}, listens on ${server.port ?? process.env.APP_SOCKET}`);
