// The app that system tests deploy. A commit says in app.json how it behaves.
import { behaviour, version } from "./app.json";

const details = () => ({
  version,
  behaviour,
  pid: process.pid,
  uid: process.getuid!(),
  directory: process.cwd(),
  release: process.env.RELEASE,
  commit: process.env.GIT_REV,
  environment: process.env,
});

const place =
  behaviour === "socket" ? { unix: process.env.APP_SOCKET! }
  : behaviour === "elsewhere" ? { port: Number(process.env.FIXED_PORT ?? 0) }
  : {};

if (behaviour !== "stubborn") process.on("SIGTERM", () => process.exit(0));
else process.on("SIGTERM", () => console.log("no, thank you"));

switch (behaviour) {
  case "crash":
    console.error("TypeError: the database has no address");
    process.exit(3);
  case "deaf":
    console.log("starting without listening");
    setInterval(() => {}, 1000);
    break;
  case "fickle":
    setTimeout(() => process.exit(4), 700);
  default:
    Bun.serve({
      ...place,
      idleTimeout: 0,
      async fetch(request) {
        if (behaviour === "silent") return await new Promise<Response>(() => {});
        if (behaviour === "broken") return new Response("no database", { status: 500 });
        const { pathname } = new URL(request.url);
        if (pathname === "/crash") process.exit(5);
        if (pathname === "/modules") {
          const glob = new Bun.Glob("node_modules/*/package.json");
          return Response.json([...glob.scanSync(".")].sort());
        }
        return Response.json(details());
      },
    });
    console.log(`version ${version} is up`);
}
