import { createServer, type IncomingMessage, type Server } from "node:http";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { measuredRequests } from "./measured.ts";
import { CallError, type Handler, messageOf, type Tools } from "./request.ts";

const longestBodyBytes = 100_000;
const longestRequestMs = 2_000;

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Answers `POST /SERVICE/METHOD` with the handler of that method, and `GET /metrics` for Prometheus. */
export function serviceServer(
  service: string,
  handlers: Readonly<Record<string, Handler>>,
  tools: Tools,
): Server {
  const { tracer, log, scrape } = tools.telemetry;
  const measure = measuredRequests(tools.telemetry);

  async function handled(name: string, handler: Handler, incoming: IncomingMessage): Promise<Reply> {
    const started = performance.now();
    const parent = propagation.extract(context.active(), incoming.headers);
    const span = tracer.startSpan(`/${service}/${name}`, { kind: SpanKind.SERVER }, parent);
    return context.with(trace.setSpan(parent, span), async () => {
      let failed = false;
      try {
        const body = await readBody(incoming);
        const allowedMs = Number(incoming.headers["x-deadline-ms"] ?? longestRequestMs);
        const answer = await handler({ body, deadline: started + allowedMs }, tools);
        return { status: 200, text: JSON.stringify(answer) };
      } catch (error) {
        failed = true;
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
        log("ERROR", described(name, error));
        const status = error instanceof CallError && error.kind === "deadline" ? 504 : 500;
        return { status, text: JSON.stringify({ error: messageOf(error) }) };
      } finally {
        measure(performance.now() - started, failed);
        span.end();
      }
    });
  }

  return createServer((incoming, response) => {
    if (incoming.url === "/metrics") {
      scrape(incoming, response);
      return;
    }
    const name = incoming.url?.startsWith(`/${service}/`) ? incoming.url.slice(service.length + 2) : "";
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handler === undefined) {
      response.writeHead(404).end(JSON.stringify({ error: `${service} has no method "${name}"` }));
      return;
    }
    void handled(name, handler, incoming).then(({ status, text }) => {
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    });
  });
}

/** A failed call is told in one line; an exception of our own with the place it came from, as services log them. */
function described(name: string, error: unknown): string {
  if (error instanceof CallError || !(error instanceof Error)) return `${name} failed: ${messageOf(error)}`;
  const place =
    error.stack
      ?.split("\n")[1]
      ?.trim()
      .replace(/\(?file:.*\/testbed\//, "(") ?? "";
  return `${name} failed: ${error.name}: ${error.message} ${place}`;
}

async function readBody(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  incoming.setEncoding("utf8");
  for await (const part of incoming) {
    text += part;
    if (text.length > longestBodyBytes) throw new Error("the request is too long");
  }
  const body: unknown = text === "" ? {} : JSON.parse(text);
  return typeof body === "object" && body !== null ? { ...body } : {};
}
