// An npm registry on loopback: `bun registry.ts PORT FOLDER`, where FOLDER holds NAME/VERSION/package.json
// and the package's other files. It serves what is there when asked, and prints a line once it listens.
import { createHash } from "node:crypto";
import { readdirSync, existsSync, writeFileSync } from "node:fs";

const [port, folder] = process.argv.slice(2);
const tarballs = new Map<string, Uint8Array>();

function tarball(name: string, version: string): Uint8Array {
  const key = `${name}/${version}`;
  let bytes = tarballs.get(key);
  if (!bytes) {
    const tar = ["tar", "-cz", "--mtime=@0", "--sort=name", "--transform=s,^\\.,package,", "-C", `${folder}/${key}`, "."];
    bytes = Bun.spawnSync(tar).stdout;
    tarballs.set(key, bytes);
  }
  return bytes;
}

async function packument(name: string) {
  const versions: Record<string, object> = {};
  for (const version of readdirSync(`${folder}/${name}`)) {
    const manifest = await Bun.file(`${folder}/${name}/${version}/package.json`).json();
    const integrity = "sha512-" + createHash("sha512").update(tarball(name, version)).digest("base64");
    const url = `http://127.0.0.1:${port}/${name}/-/${name}-${version}.tgz`;
    versions[version] = { ...manifest, dist: { tarball: url, integrity } };
  }
  return { name, versions, "dist-tags": { latest: Object.keys(versions).sort().at(-1) } };
}

Bun.serve({
  hostname: "127.0.0.1",
  port,
  async fetch(request) {
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    const [name, file] = path.split("/-/");
    if (!name || !existsSync(`${folder}/${name}`)) return Response.json({ error: "not found" }, { status: 404 });
    if (!file) return Response.json(await packument(name));
    // Half of it, and then nothing: while there is such a file.
    if (existsSync(`${folder}/STALL`)) {
      const bytes = tarball(name, file.slice(name.length + 1, -".tgz".length));
      writeFileSync(`${folder}/STALLED`, `${bytes.length >> 1} of ${bytes.length} bytes of ${name}\n`);
      const half = new ReadableStream({ start: (controller) => controller.enqueue(bytes.slice(0, bytes.length >> 1)) });
      return new Response(half, { headers: { "Content-Length": `${bytes.length}` } });
    }
    return new Response(tarball(name, file.slice(name.length + 1, -".tgz".length)));
  },
});
console.log(`serving ${folder}`);
