import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";

/** The side of Slack's Socket Mode that a program connects to: a WebSocket server for its text messages. */
export interface SocketServer extends AsyncDisposable {
  readonly url: string;
  /** How often somebody has connected so far. */
  readonly connections: number;
  /** What was received, as JSON. */
  readonly received: readonly unknown[];
  /** To the one that connected last. */
  send(message: object): void;
  /** Ends the last connection without a word. */
  drop(): void;
}

const handshakeId = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const text = 0x1;
const closing = 0x8;
const ping = 0x9;
const pong = 0xa;

/** Says `hello` to whoever connects, as Slack does. */
export async function socketServer(): Promise<SocketServer> {
  const received: unknown[] = [];
  const sockets: Socket[] = [];
  const server = createServer();
  server.on("upgrade", (request, socket: Socket) => {
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}${handshakeId}`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    sockets.push(socket);
    let pending = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (let read = readFrame(pending); read !== null; read = readFrame(pending)) {
        pending = pending.subarray(read.length);
        if (read.opcode === text) received.push(JSON.parse(read.payload.toString("utf8")));
        if (read.opcode === ping) socket.write(frame(pong, read.payload));
        if (read.opcode === closing) socket.end(frame(closing, read.payload));
      }
    });
    socket.write(frame(text, Buffer.from(JSON.stringify({ type: "hello", num_connections: 1 }))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `ws://127.0.0.1:${address.port}/`,
    received,
    get connections() {
      return sockets.length;
    },
    send: (message) => void sockets.at(-1)?.write(frame(text, Buffer.from(JSON.stringify(message)))),
    drop: () => void sockets.at(-1)?.destroy(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A whole message from server to client, unmasked (RFC 6455, 5.2). */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.from([0x80 | opcode, length]) : Buffer.alloc(4);
  if (length >= 126) {
    if (length > 0xffff) throw new Error("longer than this server needs to send");
    head.writeUInt8(0x80 | opcode, 0);
    head.writeUInt8(126, 1);
    head.writeUInt16BE(length, 2);
  }
  return Buffer.concat([head, payload]);
}

/** The first whole frame of a client, which masks what it sends; null where it is not all there. */
function readFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly length: number } | null {
  if (bytes.length < 2) return null;
  const opcode = bytes.readUInt8(0) & 0x0f;
  const short = bytes.readUInt8(1) & 0x7f;
  const headLength = short === 126 ? 4 : 2;
  if (short === 127) throw new Error("longer than this server needs to read");
  if (bytes.length < headLength + 4) return null;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = headLength + 4 + size;
  if (bytes.length < length) return null;
  const mask = bytes.subarray(headLength, headLength + 4);
  const payload = Buffer.from(bytes.subarray(headLength + 4, length));
  for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0);
  return { opcode, payload, length };
}
