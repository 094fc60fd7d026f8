// A git host over HTTP that asks for a token: `bun githost.ts PORT FOLDER TOKEN` serves the repositories
// below FOLDER through git's own http-backend.
const [port, folder, token] = process.argv.slice(2);

Bun.serve({
  hostname: "127.0.0.1",
  port,
  async fetch(request) {
    const [scheme, credentials] = (request.headers.get("authorization") ?? "").split(" ");
    const password = scheme === "Basic" ? atob(credentials ?? "").split(":").slice(1).join(":") : undefined;
    if (password !== token) {
      return new Response("who are you?\n", { status: 401, headers: { "WWW-Authenticate": 'Basic realm="git"' } });
    }
    const url = new URL(request.url);
    const backend = Bun.spawn(["git", "http-backend"], {
      stdin: await request.arrayBuffer().then((body) => new Uint8Array(body)),
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
        HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers.get("content-type") ?? "",
        REMOTE_USER: "git",
      },
    });
    const output = Buffer.from(await new Response(backend.stdout).arrayBuffer());
    const end = output.indexOf("\r\n\r\n");
    const headers = new Headers();
    let status = 200;
    for (const line of output.subarray(0, end).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(/: (.*)/);
      if (name === "Status") status = parseInt(value);
      else headers.set(name, value);
    }
    return new Response(output.subarray(end + 4), { status, headers });
  },
});
