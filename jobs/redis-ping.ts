import { connect } from "node:net";

export type PingAnswer = "ready" | "loading" | "none";

/**
 * One command to a Redis on a unix socket, without a client library: this runs while the libraries are
 * still being loaded. "loading" while it reads its data, "none" when nobody answers within `timeoutMs`.
 */
export async function pingRedis(socketPath: string, timeoutMs: number): Promise<PingAnswer> {
  const reply = await send(socketPath, "PING", timeoutMs);
  if (reply === null) return "none";
  return reply.startsWith("-LOADING") ? "loading" : "ready";
}

/** Asks a Redis to write what it has and end. It answers only when it refuses. */
export async function shutDownRedis(socketPath: string, timeoutMs: number): Promise<void> {
  await send(socketPath, "SHUTDOWN", timeoutMs);
}

function send(socketPath: string, command: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const finish = (reply: string | null) => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(timeoutMs, () => finish(null));
    socket.once("error", () => finish(null));
    socket.once("close", () => finish(null));
    socket.once("connect", () => socket.write(`${command}\r\n`));
    socket.once("data", (data) => finish(data.toString("latin1")));
  });
}
