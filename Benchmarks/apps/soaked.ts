// The app of the soak: answers that a client can check byte for byte, and troubles on demand. X-Release is the
// release's number; negative when an error is one that the app was told to make.
import { behaviour } from "./app.json";

const release = Number(process.env.RELEASE ?? 0);
const page = (count: number) =>
  Uint8Array.from({ length: count }, (_, index) => 97 + ((index * 7 + Math.floor(index / 4096)) % 26));
const pages: Record<string, Uint8Array> = { "/small": page(64), "/large": page(1 << 20) };
const headers = (number: number) => ({ "X-Release": String(number), "Content-Type": "text/plain" });
let sickUntil = behaviour === "sick" ? Infinity : 0;

function events(): Response {
  let timer: Timer;
  let number = 0;
  const body = new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(`data: ${++number} ${Date.now()}\n\n`), 200);
    },
    cancel() {
      clearInterval(timer);
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

Bun.serve({
  idleTimeout: 0,
  websocket: { message: (socket, message) => void socket.send(message) },
  async fetch(request, server) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/":
        return new Response("here\n");
      case "/socket":
        return server.upgrade(request) ? undefined : new Response("no WebSocket\n", { status: 400 });
      case "/events":
        return events();
      case "/echo":
        return new Response(await request.bytes(), { headers: headers(release) });
      case "/sick":
        sickUntil = Math.max(sickUntil, Date.now() + Number(searchParams.get("ms")));
        return new Response("so be it\n");
      case "/exit":
        setTimeout(() => process.exit(5), 10);
        return new Response(String(process.pid));
    }
    if (Date.now() < sickUntil) return new Response("sick\n", { status: 500, headers: headers(-release) });
    return new Response(pages[pathname] ?? "nothing here\n", {
      status: pathname in pages ? 200 : 404, headers: headers(release),
    });
  },
});

process.on("SIGTERM", () => process.exit(0));
