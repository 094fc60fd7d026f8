// What a build tries that looks for secrets and for power over Bascule: it runs in a release, as the app's user. Writes
// attempts.json: for each attempt what it got, or why it did not.
import { dlopen, FFIType, read } from "bun:ffi";
import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";

const root = dirname(dirname(process.cwd()));
const libc = dlopen("libc.so.6", {
  ptrace: { args: [FFIType.i64, FFIType.i64, FFIType.i64, FFIType.i64], returns: FFIType.i64 },
  tgkill: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  __errno_location: { args: [], returns: FFIType.ptr },
}).symbols;
const attempts: Record<string, string> = {};

// Refused is what the kernel refuses. Anything else, such as what is not there or a mistake in here, is no proof of that.
const refusals = ["EPERM", "EACCES"];

async function attempt(name: string, body: () => unknown) {
  try {
    attempts[name] = "done: " + String(await body()).slice(0, 60);
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    attempts[name] = refusals.includes(code) ? "refused: " + code : "failed: " + (code || String(error));
  }
}

const mustSucceed = (code: number | bigint) => {
  if (Number(code) === 0) return code;
  const number = read.i32(libc.__errno_location()!, 0);
  throw Object.assign(new Error("no"), { code: { 1: "EPERM", 13: "EACCES" }[number] ?? `errno ${number}` });
};

const reach = (path: string) =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve("connected"));
    socket.on("error", reject);
  });

const threads = readdirSync("/proc/1/task").map(Number);
for (const signal of ["SIGTERM", "SIGSTOP", "SIGQUIT", "SIGKILL"] as const) {
  await attempt(`${signal} to PID 1`, () => process.kill(1, signal));
}
for (const [index, thread] of threads.entries()) {
  await attempt(`SIGSTOP to thread ${index} of PID 1`, () => mustSucceed(libc.tgkill(1, thread, 19)));
  await attempt(`ptrace of thread ${index}`, () => mustSucceed(libc.ptrace(0x4206, thread, 0, 0)));
}
await attempt("ptrace attach", () => mustSucceed(libc.ptrace(16, 1, 0, 0)));
for (const file of ["environ", "mem", "maps", "auxv", "fd", "io"]) {
  await attempt(`/proc/1/${file}`, () => (file === "fd" ? readdirSync("/proc/1/fd") : readFileSync(`/proc/1/${file}`, "latin1")));
}
await attempt("a file of PID 1's root", () => readFileSync(`/proc/1/root${root}/shared/jwt.secret`));

for (const file of ["jwt.secret", "admin.password", "bascule.db", "bascule.db-wal", "logs/1.log"]) {
  await attempt(`reading shared/${file}`, () => readFileSync(`${root}/shared/${file}`));
}
for (const folder of ["logs", "trash", "deliveries"]) {
  await attempt(`listing shared/${folder}`, () => readdirSync(`${root}/shared/${folder}`));
}
for (const socket of ["bascule.sock", "webhook.sock"]) {
  await attempt(`connecting to shared/${socket}`, () => reach(`${root}/shared/${socket}`));
}

for (const file of ["releases.json", ".gitconfig", "bascule.lock"]) {
  await attempt(`writing shared/${file}`, () => closeSync(openSync(`${root}/shared/${file}`, "r+")));
  await attempt(`replacing shared/${file}`, () => unlinkSync(`${root}/shared/${file}`));
}
await attempt("making a file in shared", () => writeFileSync(`${root}/shared/mine`, ""));
await attempt("making a file in APP_ROOT", () => writeFileSync(`${root}/mine`, ""));
await attempt("replacing current", () => {
  symlinkSync("/etc", `${root}/releases/link`);
  renameSync(`${root}/releases/link`, `${root}/current`);
});
await attempt("removing current", () => unlinkSync(`${root}/current`));
await attempt("moving releases away", () => renameSync(`${root}/releases`, `${root}/elsewhere`));
await attempt("writing into revisions.log", () => appendFileSync(`${root}/revisions.log`, "forged\n"));

// Its own, and that of every process which it may look at.
const environments = [Object.entries(process.env).map((pair) => pair.join("=")).join("\0")];
for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
  try {
    environments.push(readFileSync(`/proc/${pid}/environ`, "utf8"));
  } catch {}
}
const holders = (text: string) => environments.filter((environment) => environment.includes(text)).length;
if (holders("a value for everybody") < 2) throw new Error("what is there for everybody was not found either");
for (const wanted of (process.env.LOOK_FOR ?? "").split(",")) {
  const [name, value] = wanted.split(":");
  const count = holders(atob(value));
  attempts[`${name} in an environment`] = count === 0 ? "refused: in none" : `done: in ${count}`;
}
writeFileSync("attempts.json", JSON.stringify(attempts));
