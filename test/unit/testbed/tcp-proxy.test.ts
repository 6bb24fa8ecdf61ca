import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { xoshiro128 } from "../../../testbed/random.ts";
import { type Disturbance, startProxy } from "../../../testbed/tcp-proxy.ts";

/** A connection through a proxy to a server that sends back what it gets. */
async function throughProxy(disturbance: Disturbance): Promise<Socket> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const proxy = await startProxy(`127.0.0.1:${address.port}`, disturbance, xoshiro128(7));
  const client = connect(proxy.port, "127.0.0.1");
  onTestFinished(async () => {
    client.destroy();
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return client;
}

/** What comes back, until there is as much of it as was sent or the connection ends. */
async function echoed(client: Socket, pieces: readonly string[]): Promise<string> {
  const all = pieces.join("").length;
  let text = "";
  const done = new Promise<void>((resolve) => {
    client.on("data", (data) => {
      text += data.toString("utf8");
      if (text.length >= all) resolve();
    });
    client.on("close", () => resolve());
    client.on("error", () => resolve());
  });
  for (const piece of pieces) {
    client.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  return text;
}

const pieces = Array.from({ length: 20 }, (_unused, index) => `piece ${index};`);

describe("startProxy", () => {
  it("keeps what is sent in order, however long each piece waits", async () => {
    const client = await throughProxy({ delayMs: 1, jitterMs: 15, lossShare: 0 });

    expect(await echoed(client, pieces)).toBe(pieces.join(""));
  });

  it("delays what it carries", async () => {
    const client = await throughProxy({ delayMs: 40, jitterMs: 0, lossShare: 0 });
    const started = performance.now();

    await echoed(client, ["there and back"]);

    // Once each way; timers may fire a little early.
    expect(performance.now() - started).toBeGreaterThan(75);
  });

  it("ends a connection on which nothing arrives", async () => {
    const client = await throughProxy({ delayMs: 0, jitterMs: 0, lossShare: 1 });

    expect(await echoed(client, ["lost"])).toBe("");
  });
});
