import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Where the set-up unpacks servers that only tests need. */
const unpacked = fileURLToPath(new URL("../../.localexpert/test-servers/usr/bin", import.meta.url));

/** The path of a program that is installed, or that the set-up has unpacked; null where it is not. */
export function findProgram(name: string): string | null {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), unpacked]) {
    if (folder === "") continue;
    try {
      const path = join(folder, name);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export interface StartedServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts a server on a free loopback port, and waits until `readyPath` answers 200. */
export async function startServer(
  program: string,
  wordsFor: (port: number) => readonly string[],
  readyPath: string,
): Promise<StartedServer> {
  const port = await freePort();
  const child = spawn(program, wordsFor(port), { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => {
    said = `${said}${String(data)}`.slice(-4_000);
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    const ready = await fetch(`${url}${readyPath}`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return { url, [Symbol.asyncDispose]: () => ended(child) };
    await sleep(50);
  }
  await ended(child);
  throw new Error(`${program} was not ready in 15 s: ${said}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}
