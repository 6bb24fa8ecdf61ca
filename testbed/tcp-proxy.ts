import { connect, createServer, type Socket } from "node:net";
import type { Random } from "./random.ts";

export interface Disturbance {
  /** Added to each piece of data, each way. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /**
   * Of the pieces of data, those that are lost. TCP sends them again after a timeout that doubles, so
   * a loss is a wait; a piece that is lost four times ends the connection.
   */
  readonly lossShare: number;
}

export interface TcpProxy {
  readonly port: number;
  close(): Promise<void>;
}

const firstTimeoutMs = 200;
const mostLosses = 4;

/** A way to `target` ("HOST:PORT") with a delay and losses. */
export async function startProxy(
  target: string,
  disturbance: Disturbance,
  random: Random,
): Promise<TcpProxy> {
  const [host = "", port = ""] = target.split(":");
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(Number(port), host);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      forward(one, other, disturbance, random);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Pieces stay in order: a late one holds up those behind it, as in TCP. */
function forward(from: Socket, to: Socket, disturbance: Disturbance, random: Random): void {
  let free = 0;
  const line: Buffer[] = [];
  from.on("data", (data: Buffer) => {
    const wait = waitMs(disturbance, random);
    if (wait === null) {
      from.destroy();
      return;
    }
    const at = Math.max(free, performance.now() + wait);
    free = at;
    line.push(data);
    setTimeout(() => {
      // Timers of a millisecond's difference may fire in either order: whichever does takes the first in line.
      const next = line.shift();
      if (next !== undefined && !to.destroyed) to.write(next);
    }, at - performance.now());
  });
}

/** null when the piece never arrives. */
function waitMs({ delayMs, jitterMs, lossShare }: Disturbance, random: Random): number | null {
  let wait = delayMs + jitterMs * random.uniform();
  for (let losses = 0, timeout = firstTimeoutMs; random.uniform() < lossShare; losses++, timeout *= 2) {
    if (losses === mostLosses) return null;
    wait += timeout;
  }
  return wait;
}
