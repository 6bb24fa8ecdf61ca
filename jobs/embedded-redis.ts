import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { hasCode, isAlive, withFolderLock } from "./folder-lock.ts";
import { startRedisGuardian } from "./redis-guardian.ts";
import { pingRedis, shutDownRedis } from "./redis-ping.ts";
import { redisSocketPath } from "./redis-socket-path.ts";

export interface EmbeddedRedisOptions {
  /** The data lies in `redis/` under it. */
  readonly stateFolder: string;
  /** A name looked up on PATH, or a path. */
  readonly executable?: string;
}

export interface EmbeddedRedis {
  readonly socketPath: string;
  /** Ends the server when no other program uses it; its data stays. Call once. */
  close(): Promise<void>;
}

const lockWaitMs = 60_000;
const pingTimeoutMs = 1_000;
/** A server that reads a large append-only file answers "loading" all the while. */
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const longestLogBytes = 1_000_000;

/**
 * Joins the private `redis-server` of a state folder, and starts it where none runs.
 *
 * One server per folder, on a unix socket, shared by all programs that name the same folder; the last
 * to leave ends it. It runs in a session of its own, so neither Ctrl-C nor the death of the program
 * that started it disturbs the others; a guardian (redis-guardian.ts) leaves in the place of a program
 * that was killed.
 *
 * Throws: BotError "not-set-up" when there is no `redis-server`; "redis-unavailable", with the
 *         server's own last lines, when it does not start or the folder cannot be written.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  try {
    return await joinServer(options);
  } catch (error) {
    const known = asBotError(error);
    if (known !== null) throw known;
    const why = error instanceof Error ? error.message : String(error);
    throw new BotError(
      "redis-unavailable",
      `The private Redis could not be started under ${options.stateFolder}: ${why}. ` +
        "Set LOCALEXPERT_STATE to a folder that can be written, or REDIS_URL to a server of yours.",
      { cause: error },
    );
  }
}

async function joinServer(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const users = join(options.stateFolder, "redis", "users");
  await mkdir(users, { recursive: true, mode: 0o700 });
  const folder = await realpath(join(options.stateFolder, "redis"));
  const executable = options.executable ?? "redis-server";
  const user = `${process.pid}-${randomBytes(4).toString("hex")}`;
  const lock = join(folder, "lock");
  let closing = false;

  // The guardian comes first and the user's file second: whenever this program is killed from here on,
  // someone knows of it.
  const guardian = startRedisGuardian(folder, user);
  const ensure = () =>
    withFolderLock(lock, lockWaitMs, async () => {
      await writeFile(join(folder, "users", user), "");
      const found = await findServer(folder);
      if (found !== null) return found;
      const { socketPath, server } = await launch(folder, executable);
      // A server that dies under us (killed for memory) is started again; the clients reconnect.
      server.once("exit", () => {
        if (!closing) void ensure().catch(() => {});
      });
      return socketPath;
    });

  try {
    const socketPath = await ensure();
    return {
      socketPath,
      async close() {
        closing = true;
        try {
          await withFolderLock(lock, lockWaitMs, () => leave(folder, user));
          guardian.dismiss();
        } catch {
          guardian.release();
        }
      },
    };
  } catch (error) {
    guardian.release();
    throw error;
  }
}

interface ServerRecord {
  readonly pid: number;
  readonly socketPath: string;
}

/** `server` holds two lines, process number and socket path, which the guardian reads too. */
async function readRecord(folder: string): Promise<ServerRecord | null> {
  const text = await readFile(join(folder, "server"), "utf8").catch(() => "");
  const [pid, socketPath] = text.split("\n");
  if (pid === undefined || socketPath === undefined || !/^\d+$/.test(pid)) return null;
  return { pid: Number(pid), socketPath };
}

/** The socket of a server that runs already; null when there is none. */
async function findServer(folder: string): Promise<string | null> {
  const record = await readRecord(folder);
  if (record === null) return null;
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const answer = await pingRedis(record.socketPath, pingTimeoutMs);
    if (answer === "ready") return record.socketPath;
    // Silent, and its process gone or another's: left over from a crash. Silent but alive: it is
    // starting or ending, and a second server on the same append-only file would ruin it.
    if (answer === "none" && !(await isRedis(record.pid))) return null;
    await sleep(20);
  }
  throw new BotError(
    "redis-unavailable",
    `The private redis-server (process ${record.pid}) has not answered for ${startTimeoutMs / 1_000} s. ` +
      `End it with "kill ${record.pid}" and try again.`,
  );
}

/** Process numbers are reused, so a number alone proves nothing. */
async function isRedis(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // "pid (name) state …"; a Z is dead and waits to be collected.
    return /\((redis|valkey)[^)]*\) [^ZX]/.test(stat);
  } catch {
    // No /proc, as on macOS: the number is alive and was a redis-server's; take its word.
    return process.platform !== "linux";
  }
}

async function launch(
  folder: string,
  executable: string,
): Promise<{ socketPath: string; server: ChildProcess }> {
  const socketPath = await redisSocketPath(folder);
  await rm(socketPath, { force: true });
  const logPath = join(folder, "redis.log");
  const log = await open(logPath, "a");
  const { size } = await log.stat();
  if (size > longestLogBytes) await log.truncate(0);
  const logStart = size > longestLogBytes ? 0 : size;

  const server = spawn(executable, serverArguments(folder, socketPath), {
    cwd: folder,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  let ended: string | null = null;
  server.once("exit", (code, signal) => {
    ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("spawn", resolve);
    server.once("error", (error) => reject(startError(error, executable)));
  }).finally(() => log.close());
  server.unref();
  await writeFile(join(folder, "server"), `${server.pid}\n${socketPath}\n`);

  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (ended !== null) throw await refusal(ended, logPath, logStart);
    if ((await pingRedis(socketPath, pingTimeoutMs)) === "ready") return { socketPath, server };
    await sleep(5);
  }
  server.kill("SIGTERM");
  throw await refusal(`no answer within ${startTimeoutMs / 1_000} s`, logPath, logStart);
}

function serverArguments(folder: string, socketPath: string): string[] {
  const settings: Record<string, string> = {
    port: "0",
    unixsocket: socketPath,
    unixsocketperm: "700",
    dir: folder,
    daemonize: "no",
    databases: "1",
    // Everything written is in the kernel's hands before it is answered, so a killed server or program
    // loses nothing under any setting. "everysec" can lose the last second when the machine itself
    // stops; "always" would wait for the disk some ten times per question to save that second, in which
    // the person who asked has lost their terminal as well.
    appendonly: "yes",
    appendfsync: "everysec",
    // The default, said because the promise rests on it: a half-written last entry is cut off at start.
    "aof-load-truncated": "yes",
    save: "",
    "maxmemory-policy": "noeviction",
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function startError(error: Error, executable: string): Error {
  if (!hasCode(error, "ENOENT") && !hasCode(error, "EACCES")) return error;
  return new BotError(
    "not-set-up",
    `${executable} is not installed. Run "node setup.mjs", which installs it where it may, install Redis 6.2 ` +
      "or newer yourself, or set REDIS_URL to a server of yours.",
    { cause: error },
  );
}

async function refusal(how: string, logPath: string, logStart: number): Promise<BotError> {
  const written = (await readFile(logPath)).subarray(logStart).toString("utf8");
  const lines = written
    .split("\n")
    // "12345:M 24 Nov 2026 03:30:00.123 # text"
    .map((line) => line.replace(/^\d+:[A-Z] .*?\d\d:\d\d:\d\d\.\d{3} . /, "").trim())
    .filter((line) => line !== "");
  const said = lines.slice(-5).join(" | ").slice(-800);
  return new BotError(
    "redis-unavailable",
    `The private redis-server did not start (${how}). It said: ${said === "" ? "nothing" : said}. ` +
      `Its log is ${logPath}. If its data is damaged, move the folder away or repair it with ` +
      '"redis-check-aof --fix"; or set REDIS_URL to a server of yours.',
  );
}

/** Takes this program off the list, and ends the server when nobody is left on it. */
async function leave(folder: string, user: string): Promise<void> {
  const users = join(folder, "users");
  await rm(join(users, user), { force: true });
  for (const name of await readdir(users)) {
    if (isAlive(Number(name.split("-")[0]))) return;
    await rm(join(users, name), { force: true });
  }
  const record = await readRecord(folder);
  if (record === null) return;
  await shutDownRedis(record.socketPath, stopTimeoutMs);
  const deadline = performance.now() + stopTimeoutMs;
  while ((await isRedis(record.pid)) && performance.now() < deadline) await sleep(5);
  if (!(await isRedis(record.pid))) await rm(join(folder, "server"), { force: true });
}
