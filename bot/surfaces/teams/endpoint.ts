import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface EndpointOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Answers a request that has a token and a JSON body. */
  readonly answer: (body: unknown, authorization: string) => Promise<EndpointAnswer>;
}

export interface EndpointAnswer {
  readonly status: number;
  /** null: none. */
  readonly body: unknown;
}

export interface Endpoint {
  readonly port: number;
  stop(): Promise<void>;
}

/** Teams' largest messages are 28 KB of text, and some metadata. */
const mostBytes = 1_000_000;
const requestTimeoutMs = 15_000;
const headersTimeoutMs = 10_000;
const graceMs = 3_000;
const mostConnections = 1_000;

/** Where Teams posts what people say: one path, JSON of bounded size. */
export async function endpoint({ host, port, path, answer }: EndpointOptions): Promise<Endpoint> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs },
    (request, response) => {
      // A client that goes away in the middle gets no answer, which is its own choice.
      for (const stream of [request, response]) stream.on("error", () => undefined);
      handled(request, path, answer)
        .catch((): EndpointAnswer => ({ status: 500, body: null }))
        .then((answered) => send(request, response, answered))
        .catch(() => response.destroy());
    },
  );
  server.maxConnections = mostConnections;
  server.listen(port, host);
  await once(server, "listening");
  return { port: portOf(server), stop: () => stopped(server) };
}

async function handled(
  request: IncomingMessage,
  path: string,
  answer: EndpointOptions["answer"],
): Promise<EndpointAnswer> {
  if (request.url?.split("?")[0] !== path) return { status: 404, body: null };
  if (request.method !== "POST") return { status: 405, body: null };
  // Pages in a browser can post other types to any address without asking.
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\b/i.test(type)) return { status: 415, body: null };
  const body = await readBody(request);
  if (body === null) return { status: 413, body: null };
  const parsed = jsonIn(body);
  if (parsed === null) return { status: 400, body: null };
  return answer(parsed.value, request.headers.authorization ?? "");
}

/** null where it is too large; no more of it is read than may be. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonIn(body: Buffer): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) };
  } catch {
    return null;
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: EndpointAnswer): void {
  const text = body === null ? "" : JSON.stringify(body);
  // What is left of a body that was not read would be taken for the next request.
  const close = request.complete ? {} : { connection: "close" };
  const type = text === "" ? {} : { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...close, ...type, "content-length": Buffer.byteLength(text) }).end(text);
  if (!request.complete) request.resume().setTimeout(graceMs, () => request.destroy());
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the endpoint listens on no port");
  return address.port;
}

/** Takes no more, lets what is being answered end, and does not wait for it forever. */
async function stopped(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
