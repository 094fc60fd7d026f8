import { appendFileSync } from "node:fs";

const release = process.env.RELEASE ?? "0";
const headers = { "X-Release": release };
let probed = false;

const server = Bun.serve({
  fetch(request) {
    if (!probed && !request.headers.get("User-Agent")?.startsWith("load/")) {
      probed = true;
      const at = performance.timeOrigin + performance.now();
      // Not while the probe waits for its answer.
      setTimeout(() => appendFileSync(process.env.BENCH_PROBES!, `${release} ${at}\n`), 200);
    }
    return new Response("hello, world\n", { headers });
  },
});

process.on("SIGTERM", async () => {
  await server.stop();
  process.exit(0);
});
