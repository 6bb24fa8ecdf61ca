import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";
import { connectRedis, type RedisConnections } from "../../jobs/redis-connection.ts";
import { stateFolder } from "./state-folder.ts";
import { until } from "./until.ts";

const executable = "redis-server";

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** An operator's `redis-server` on a port, with these settings, that is gone after the test. */
export async function redisServer(port: number, ...settings: string[]): Promise<{ stop(): Promise<void> }> {
  const dir = await stateFolder();
  const common = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
  const child = spawn(executable, [...common, ...settings], { stdio: ["ignore", "pipe", "pipe"] });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  onTestFinished(stop);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += String(data)));
  await until(() => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes("eady to accept connections") || said.includes("Sentinel ID is");
  });
  return { stop };
}

/** Connections to an operator's `redis-server`; both are gone after the test. */
export async function redisConnections(): Promise<RedisConnections> {
  const port = await freePort();
  await redisServer(port);
  const url = `redis://127.0.0.1:${port}`;
  const connections = await connectRedis({ kind: "url", url, username: null, password: null });
  onTestFinished(() => connections.close());
  return connections;
}

/** A server that answers every command with what `reply` says, as no real one would. */
export async function fakeRedis(reply: (command: string) => string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const commands = data
        .toString("latin1")
        .split("*")
        .filter((part) => part !== "");
      for (const command of commands) socket.write(reply(command.toLowerCase()));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
