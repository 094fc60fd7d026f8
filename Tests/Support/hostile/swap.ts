// An app that serves, and meanwhile puts links to VICTIM in the place of every newer release and of what is in it,
// again and again.
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { version } from "./app.json";

const releases = process.cwd().replace(/\/\d+$/, "");
const own = Number(process.env.RELEASE);
const victim = process.env.VICTIM ?? "/nowhere";
let swaps = 0;

function swap(path: string) {
  const aside = `${path}.aside`;
  try {
    renameSync(path, aside);
    symlinkSync(victim, path);
    swaps += 1;
    // For as long as a few calls of root's take.
    for (const end = performance.now() + Math.random() * 2; performance.now() < end; );
    unlinkSync(path);
  } catch {}
  try {
    renameSync(aside, path);
  } catch {}
}

function round() {
  if (existsSync(`${releases}/stop-swapping`)) return setTimeout(round, 50);
  for (const name of readdirSync(releases)) {
    if (!/^\d+$/.test(name) || Number(name) <= own) continue;
    const folder = `${releases}/${name}`;
    swap([folder, `${folder}/.git`, `${folder}/.git/info`, `${folder}/public`, `${folder}/package.json`][Math.floor(Math.random() * 5)]);
  }
  setTimeout(round, 0);
}

Bun.serve({ fetch: () => Response.json({ version, swaps, release: String(own), pid: process.pid }) });
process.on("SIGTERM", () => process.exit(0));
if (process.env.SWAPS !== "no") round();
