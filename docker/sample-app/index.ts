const release = process.env.RELEASE ?? "none";
const commit = (process.env.GIT_REV ?? "unknown").slice(0, 7);
const startedAt = Date.now();

const headline = "It is live.";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Release ${release}</title>
<style>
  :root { color-scheme: light dark; --ink: #1c1b22; --soft: #6b6878; --paper: #faf9f7; --line: #e4e1da; --go: #1a7f4b; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #f1eff6; --soft: #9a96a8; --paper: #16151a; --line: #2e2c35; --go: #4cc38a; }
  }
  * { box-sizing: border-box; margin: 0; }
  body { min-height: 100vh; display: grid; place-items: center; padding: 2rem; background: var(--paper);
    color: var(--ink); font: 1.05rem/1.6 system-ui, sans-serif; }
  main { width: 100%; max-width: 34rem; }
  h1 { font-size: clamp(2.4rem, 8vw, 4rem); line-height: 1.1; letter-spacing: -0.03em; }
  p { margin: 1rem 0 2.5rem; color: var(--soft); }
  dl { display: grid; grid-template-columns: repeat(3, 1fr); border-block: 1px solid var(--line); }
  dl > div { padding: 1.1rem 0; }
  dt { color: var(--soft); font-size: 0.85rem; }
  dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
  footer { margin-top: 1.5rem; color: var(--soft); font-size: 0.9rem; }
  footer::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; margin-right: 0.6em;
    border-radius: 50%; background: var(--soft); }
  footer.connected::before { background: var(--go); }
</style>
<main>
  <h1>${headline}</h1>
  <p>Change this sentence in <code>index.ts</code>, commit, and deploy again.</p>
  <dl>
    <div><dt>Release</dt><dd>${release}</dd></div>
    <div><dt>Commit</dt><dd>${commit}</dd></div>
    <div><dt>Up for</dt><dd id="uptime">0 s</dd></div>
  </dl>
  <footer id="state">connecting</footer>
</main>
<script>
  const state = document.getElementById("state");
  const clock = new EventSource("/clock");
  clock.onopen = () => { state.className = "connected"; state.textContent = "connected"; };
  clock.onerror = () => { state.className = ""; state.textContent = "reconnecting"; };
  clock.onmessage = ({ data }) => {
    const { release, uptime } = JSON.parse(data);
    if (release !== ${JSON.stringify(release)}) return location.reload();
    document.getElementById("uptime").textContent = uptime + " s";
  };
</script>
</html>`;

const uptime = () => Math.floor((Date.now() - startedAt) / 1000);
const openClocks = new Set<() => void>();
const sockets = new Set<Bun.ServerWebSocket>();

function clock(request: Request): Response {
  let close = () => {};
  const body = new ReadableStream({
    start(controller) {
      const tick = () => controller.enqueue(`data: ${JSON.stringify({ release, uptime: uptime() })}\n\n`);
      const timer = setInterval(tick, 1000);
      close = () => {
        if (!openClocks.delete(close)) return;
        clearInterval(timer);
        controller.close();
      };
      openClocks.add(close);
      request.signal.addEventListener("abort", close);
      tick();
    },
    cancel: () => close(),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" } });
}

const server = Bun.serve({
  idleTimeout: 0,
  routes: {
    "/": () => new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } }),
    "/up": () => Response.json({ release, commit, uptime: uptime() }),
    "/clock": clock,
    "/ws": (request: Request) =>
      server.upgrade(request) ? undefined : new Response("A WebSocket is expected here.\n", { status: 426 }),
  },
  fetch: () => new Response("Nothing here.\n", { status: 404 }),
  websocket: {
    open: (socket) => void sockets.add(socket),
    close: (socket) => void sockets.delete(socket),
    message: (socket, message) => void socket.send(message),
  },
});

console.log(`release ${release} listens on port ${server.port}`);

// Finish what is under way, then leave: the next release takes over meanwhile.
process.on("SIGTERM", async () => {
  for (const close of openClocks) close();
  for (const socket of sockets) socket.close(1001, "restarting");
  await server.stop();
  process.exit(0);
});
