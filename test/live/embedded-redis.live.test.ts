import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../jobs/embedded-redis.ts";
import { pingRedis } from "../../jobs/redis-ping.ts";
import { stateFolder } from "../support/state-folder.ts";
import { until } from "../support/until.ts";

async function start(folder: string): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis({ stateFolder: folder });
  onTestFinished(() => redis.close());
  return redis;
}

/** A program of its own that uses the folder's server, once it does. */
async function startProgram(folder: string): Promise<ChildProcessWithoutNullStreams & { socket: string }> {
  const loader = new URL("../support/load-typescript.mjs", import.meta.url).href;
  const file = new URL("../fakes/redis-user.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", loader, file, folder]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  return Object.assign(child, { socket: String(line).trim() });
}

async function kill(program: ChildProcessWithoutNullStreams): Promise<void> {
  const gone = once(program, "exit");
  program.kill("SIGKILL");
  await gone;
}

async function send(socketPath: string, ...command: string[]): Promise<unknown> {
  const client = new Redis(socketPath);
  try {
    return await client.call(...(command as [string]));
  } finally {
    client.disconnect();
  }
}

const isUp = async (socketPath: string) => (await pingRedis(socketPath, 500)) === "ready";
const serverPid = async (folder: string) =>
  Number((await readFile(join(folder, "redis", "server"), "utf8")).split("\n")[0]);

describe("the private Redis", () => {
  it("listens on a socket only, keeps an append-only file and never evicts", async () => {
    const redis = await start(await stateFolder());

    const settings = await Promise.all(
      ["port", "appendonly", "maxmemory-policy", "unixsocketperm"].map((name) =>
        send(redis.socketPath, "CONFIG", "GET", name),
      ),
    );

    expect(settings).toEqual([
      ["port", "0"],
      ["appendonly", "yes"],
      ["maxmemory-policy", "noeviction"],
      ["unixsocketperm", "700"],
    ]);
  });

  it("keeps its data from one start to the next", async () => {
    const folder = await stateFolder();
    const first = await startEmbeddedRedis({ stateFolder: folder });
    await send(first.socketPath, "SET", "kept", "yes");
    await first.close();

    const second = await start(folder);

    expect(await send(second.socketPath, "GET", "kept")).toBe("yes");
  });

  it("is one server for programs that start at the same moment, and ends with the last of them", async () => {
    const folder = await stateFolder();

    const users = await Promise.all([1, 2, 3, 4].map(() => startEmbeddedRedis({ stateFolder: folder })));
    const sockets = new Set(users.map(({ socketPath }) => socketPath));
    const [socket = ""] = sockets;
    for (const user of users.slice(1)) await user.close();
    const whileOneIsLeft = await isUp(socket);
    await users[0]?.close();

    expect(sockets.size).toBe(1);
    expect(whileOneIsLeft).toBe(true);
    expect(await isUp(socket)).toBe(false);
    expect(await readdir(join(folder, "redis", "users"))).toEqual([]);
  });

  it("is ended soon after its only program was killed", async () => {
    const folder = await stateFolder();
    const program = await startProgram(folder);

    await kill(program);

    await until(async () => !(await isUp(program.socket)), 5_000);
    await until(async () => !(await readdir(join(folder, "redis"))).includes("server"), 5_000);
  });

  it("stays for another program when the one that started it is killed", async () => {
    const folder = await stateFolder();
    const program = await startProgram(folder);
    const mine = await startEmbeddedRedis({ stateFolder: folder });
    const pid = await serverPid(folder);

    await kill(program);
    await until(async () => (await readdir(join(folder, "redis", "users"))).length === 1, 5_000);

    expect(await send(mine.socketPath, "PING")).toBe("PONG");
    expect(await serverPid(folder)).toBe(pid);
    await mine.close();
    expect(await isUp(mine.socketPath)).toBe(false);
  });

  it("is started again when it is killed under a program", async () => {
    const folder = await stateFolder();
    const redis = await start(folder);
    await send(redis.socketPath, "SET", "kept", "yes");
    const pid = await serverPid(folder);

    process.kill(pid, "SIGKILL");

    await until(async () => (await serverPid(folder)) !== pid && (await isUp(redis.socketPath)));
    expect(await send(redis.socketPath, "GET", "kept")).toBe("yes");
  });

  it("takes over the lock of a program that is gone", async () => {
    const folder = await stateFolder();
    await mkdir(join(folder, "redis"), { recursive: true });
    // No process has this number: it is beyond what Linux and macOS give out.
    await symlink("99999999", join(folder, "redis", "lock"));

    const redis = await start(folder);

    expect(await isUp(redis.socketPath)).toBe(true);
  });

  it("cuts off the half-written end of its file", async () => {
    const folder = await stateFolder();
    const first = await startEmbeddedRedis({ stateFolder: folder });
    await send(first.socketPath, "SET", "kept", "yes");
    await first.close();
    await appendFile(await appendOnlyFile(folder), "*3\r\n$3\r\nSET\r\n$4\r\nlo");

    const second = await start(folder);

    expect(await send(second.socketPath, "GET", "kept")).toBe("yes");
  });

  it("says what the server said when its file is damaged, and how to go on", async () => {
    const folder = await stateFolder();
    const first = await startEmbeddedRedis({ stateFolder: folder });
    await send(first.socketPath, "SET", "kept", "yes");
    await first.close();
    await writeFile(await appendOnlyFile(folder), "no commands at all\r\nnothing\r\n");

    const refused = startEmbeddedRedis({ stateFolder: folder });

    await expect(refused).rejects.toMatchObject({
      code: "redis-unavailable",
      message: expect.stringMatching(/Bad file format.*redis-check-aof --fix.*REDIS_URL/s),
    });
  });

  it("names the set-up when there is no redis-server", async () => {
    const folder = await stateFolder();

    const refused = startEmbeddedRedis({ stateFolder: folder, executable: "no-such-redis-server" });

    await expect(refused).rejects.toMatchObject({
      code: "not-set-up",
      message: expect.stringContaining("node setup.mjs"),
    });
  });

  it("says which variable to set when the state folder cannot be made", async () => {
    const folder = await stateFolder();
    await writeFile(join(folder, "file"), "");

    const refused = startEmbeddedRedis({ stateFolder: join(folder, "file") });

    await expect(refused).rejects.toMatchObject({
      code: "redis-unavailable",
      message: expect.stringContaining("LOCALEXPERT_STATE"),
    });
  });

  it("lives in a state folder whose path is too long for a socket", async () => {
    const folder = join(await stateFolder(), "long".repeat(30));

    const redis = await start(folder);

    expect(redis.socketPath.length).toBeLessThan(104);
    expect(await isUp(redis.socketPath)).toBe(true);
  });

  it("leaves nothing that others can enter", async () => {
    const folder = await stateFolder();
    await chmod(folder, 0o755);
    await start(folder);

    const { stat } = await import("node:fs/promises");

    expect((await stat(join(folder, "redis"))).mode & 0o077).toBe(0);
  });
});

/** Redis 7 keeps several files in a folder, 6.2 one. */
async function appendOnlyFile(folder: string): Promise<string> {
  const names = await readdir(join(folder, "redis"), { recursive: true });
  const name = names.find((one) => one.endsWith(".incr.aof")) ?? names.find((one) => one.endsWith(".aof"));
  if (name === undefined) throw new Error("there is no append-only file");
  return join(folder, "redis", name);
}
