import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { parse } from "node:querystring";
import { BotError } from "../../../pipeline/errors.ts";
import { isSigned } from "./bolt.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly signingSecret: () => string;
  readonly now: () => number;
  /** Takes what Slack sent and gives what to answer; where it rejects, Slack sends it again. */
  readonly take: (body: unknown) => Promise<unknown>;
  /** Pages for a browser, where the app can be installed; whether the path was one of them. */
  readonly page: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
}

export interface HttpDoor {
  readonly port: number;
  close(): Promise<void>;
}

const eventsPath = "/slack/events";
/** Slack's own requests are some kilobytes. */
const longestBody = 1_000_000;
const requestTimeoutMs = 10_000;
/** What is being taken is finished; a connection that only stays open is not waited for. */
const closingMs = 3_000;

/**
 * The address that Slack calls. Nothing is read of a request before its signature was checked.
 *
 * Throws: BotError "not-set-up" when the port is taken.
 */
export async function openHttp(options: HttpOptions): Promise<HttpDoor> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    answer(request, response, options).catch(() => end(response, 500));
  });
  await listening(server, options);
  const address = server.address();
  const port = address === null || typeof address === "string" ? options.port : address.port;
  return {
    port,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), closingMs);
      await closed;
      clearTimeout(late);
    },
  };
}

async function listening(server: Server, { host, port }: HttpOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new BotError(
      "not-set-up",
      `Slack's requests cannot be taken at ${host}:${port}${why}. Choose another slack.http.port.`,
      { cause: error },
    );
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { take, page, signingSecret, now }: HttpOptions,
): Promise<void> {
  const path = (request.url ?? "").split("?")[0];
  if (path !== eventsPath || request.method !== "POST") {
    if (page === null || !page(request, response)) end(response, 404);
    return;
  }
  const bytes = await bytesOf(request);
  if (bytes === null) return end(response, 413);
  const body = textOf(bytes);
  if (body === null) return end(response, 400);
  const signature = header(request, "x-slack-signature");
  const timestamp = header(request, "x-slack-request-timestamp");
  if (!isSigned({ body, signature, timestamp }, signingSecret(), now())) return end(response, 401);
  const parsed = parsedBody(body, request.headers["content-type"] ?? "");
  if (parsed === undefined) return end(response, 400);
  const reply = await take(parsed);
  if (reply === undefined) return end(response, 200);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
}

/** The whole body; null where it is too long. */
async function bytesOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    // Read to its end all the same: who is cut off while sending does not hear why.
    if (length <= longestBody) chunks.push(bytes);
  }
  return length > longestBody ? null : Buffer.concat(chunks);
}

/** As it was signed; null where it is no text, of which two could be signed alike. */
function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** JSON, a form, or JSON in a form's `payload`; undefined where it is none of them. */
function parsedBody(body: string, contentType: string): unknown {
  const isForm = contentType.startsWith("application/x-www-form-urlencoded");
  const form = isForm ? parse(body) : null;
  try {
    if (form === null) return JSON.parse(body);
    return typeof form.payload === "string" ? JSON.parse(form.payload) : { ...form };
  } catch {
    return undefined;
  }
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function end(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status);
  response.end();
}
