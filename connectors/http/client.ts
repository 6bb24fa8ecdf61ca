import { readFileSync } from "node:fs";
import {
  BrokenCircuitError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  type IBackoffFactory,
  type IRetryBackoffContext,
  retry,
  wrap,
} from "cockatiel";
import { Agent, fetch } from "undici";
import type { z } from "zod";
import { BotError } from "../../pipeline/errors.ts";
import { networkFailure, RequestFailure, statusFailure } from "./failure.ts";
import type { HttpOptions, ReadSecret } from "./options.ts";

/** Every request only reads, so each may be sent again. */
export interface HttpRequest {
  /** Under the source's url; starts with "/". Parts that come from outside are encoded by the caller. */
  readonly path: string;
  readonly query?: Parameters;
  /** Sent as a form with POST: for queries that are too long for a URL. */
  readonly form?: Parameters;
  /** Sent as JSON with POST, or as the method says. */
  readonly json?: unknown;
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses besides 2xx that the caller reads himself, such as 400 with a backend's own words in it. */
  readonly expect?: readonly number[];
}

/** A key with several values is sent several times. */
export type Parameters = Readonly<Record<string, string | number | readonly string[]>>;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** The one way to a backend; holds its connections, its credentials and its circuit breaker. */
export interface HttpClient {
  /**
   * Throws: BotError "source-unavailable" (down, slow, cut off, too busy, too long an answer),
   * "source-invalid" (a status that no retry mends), "config-invalid" (a secret is not there), "cancelled".
   */
  fetch(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** As `fetch`; an answer that is no JSON, or not of this shape, is "source-invalid". */
  fetchJson<Schema extends z.ZodType>(
    request: HttpRequest,
    schema: Schema,
    signal: AbortSignal,
  ): Promise<z.output<Schema>>;
  readJson<Schema extends z.ZodType>(answer: HttpAnswer, schema: Schema): z.output<Schema>;
  /** "production (prometheus:9090)", for messages. */
  readonly target: string;
  /** How far the backend's clock was ahead of ours at its last answer; null where its answers have no date. */
  clockAheadMs(): number | null;
  close(): Promise<void>;
}

/** Tries after the first. */
const retries = 3;
const firstWaitMs = 200;
const longestWaitMs = 5_000;
/** So many requests in a row that failed for the backend's sake, and it is left alone for a while. */
const failuresToBreak = 5;
const breakMs = 10_000;
const connectTimeoutMs = 10_000;
const userAgent = "localexpert";
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Opens no connection yet.
 *
 * Throws: BotError "config-invalid" when a secret or a certificate is not there.
 */
export function httpClient(name: string, options: HttpOptions, readSecret: ReadSecret): HttpClient {
  const base = new URL(options.url);
  const basePath = base.pathname.replace(/\/+$/, "");
  const target = `${name} (${base.host})`;
  // Between programs of one machine compressing and unpacking costs more than it saves: a third of the time.
  const uncompressed = loopback.test(base.hostname) ? { "accept-encoding": "identity" } : {};
  const timeoutMs = options.timeoutSeconds * 1_000;
  const maxBytes = options.maxAnswerMegabytes * 1_024 * 1_024;
  const agent = new Agent({
    connections: options.concurrency,
    // Both are bounded by the request's own deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: Math.min(connectTimeoutMs, timeoutMs), ...pemOf(target, options.tls) },
  });
  headersOf(options, readSecret);

  const isOutage = handleWhen((error) => error instanceof RequestFailure && error.outage);
  const isTransient = handleWhen((error) => error instanceof RequestFailure && error.transient);
  const policy = wrap(
    circuitBreaker(isOutage, {
      breaker: new ConsecutiveBreaker(failuresToBreak),
      halfOpenAfter: breakMs,
    }),
    retry(isTransient, { maxAttempts: retries, backoff: politeBackoff() }),
  );
  // Outside of the deadline: a request that waits for its turn is not late yet.
  const turns = bulkhead(options.concurrency, Number.POSITIVE_INFINITY);

  let clockAheadMs: number | null = null;

  async function attempt(request: HttpRequest, deadline: Deadline): Promise<HttpAnswer> {
    try {
      const sentAt = Date.now();
      const response = await fetch(`${base.origin}${basePath}${request.path}${queryOf(request.query)}`, {
        method: request.method ?? (request.form !== undefined || request.json !== undefined ? "POST" : "GET"),
        headers: {
          ...uncompressed,
          ...headersOf(options, readSecret),
          ...bodyHeaders(request),
          ...request.headers,
        },
        body: bodyOf(request),
        redirect: "manual",
        dispatcher: agent,
        signal: deadline.signal,
      });
      clockAheadMs = aheadBy(response.headers, sentAt, Date.now()) ?? clockAheadMs;
      if (!response.ok && request.expect?.includes(response.status) !== true) {
        await response.body?.cancel();
        throw statusFailure(target, response.status, response.headers.get("retry-after"), Date.now());
      }
      return { status: response.status, text: await readText(response.body, maxBytes, target) };
    } catch (error) {
      if (error instanceof RequestFailure) throw deadline.allows(error);
      if (error instanceof BotError || deadline.signal.aborted) throw error;
      throw networkFailure(target, error);
    }
  }

  async function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const deadline = startDeadline(timeoutMs, signal);
    try {
      return await Promise.race([
        policy.execute(() => attempt(request, deadline)),
        // A wait between two tries hears no signal of its own.
        deadline.over,
      ]);
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      if (deadline.signal.aborted) {
        const message = `${target} did not answer within ${options.timeoutSeconds} s. Ask about a shorter window, or raise timeoutSeconds of this source.`;
        throw new BotError("source-unavailable", message);
      }
      if (error instanceof RequestFailure) throw error.error;
      if (error instanceof BrokenCircuitError) {
        const message = `${target} failed ${failuresToBreak} times in a row and is left alone for ${breakMs / 1_000} s.`;
        throw new BotError("source-unavailable", message);
      }
      throw error;
    } finally {
      deadline.clear();
    }
  }

  const client: HttpClient = {
    target,
    async fetch(request, signal) {
      if (signal.aborted) throw cancelled(signal);
      return turns.execute(() => {
        if (signal.aborted) throw cancelled(signal);
        return send(request, signal);
      });
    },
    async fetchJson(request, schema, signal) {
      return client.readJson(await client.fetch(request, signal), schema);
    },
    readJson: ({ text }, schema) => readJson(target, text, schema),
    clockAheadMs: () => clockAheadMs,
    close: () => agent.destroy(),
  };
  return client;
}

/** By the answer's date, which is in whole seconds and lies between sending and receiving when clocks agree. */
function aheadBy(
  headers: { get(name: string): string | null },
  sentAt: number,
  receivedAt: number,
): number | null {
  const date = Date.parse(headers.get("date") ?? "");
  // A cache repeats the date of the answer that it kept.
  if (Number.isNaN(date) || headers.get("age") !== null) return null;
  if (date > receivedAt) return date - receivedAt;
  return Math.min(0, date + 1_000 - sentAt);
}

function cancelled(signal: AbortSignal): BotError {
  return new BotError("cancelled", "Reading the telemetry was stopped.", { cause: signal.reason });
}

interface Deadline {
  /** Aborted when the time is over or the caller aborts. */
  readonly signal: AbortSignal;
  /** Rejects then. */
  readonly over: Promise<never>;
  /** The failure as it is; one that may only be tried again after the deadline is final. */
  allows(failure: RequestFailure): RequestFailure;
  clear(): void;
}

function startDeadline(timeoutMs: number, outer: AbortSignal): Deadline {
  const end = performance.now() + timeoutMs;
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("stopped"));
  const timer = setTimeout(stop, timeoutMs);
  outer.addEventListener("abort", stop, { once: true });
  const over = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  // Nobody waits for it when an answer came first.
  over.catch(() => {});
  return {
    signal: controller.signal,
    over,
    allows(failure) {
      const { retryAfterMs, error, outage } = failure;
      if (retryAfterMs === null || performance.now() + retryAfterMs < end) return failure;
      const seconds = Math.ceil(retryAfterMs / 1_000);
      return new RequestFailure(
        new BotError(error.code, `${error.message} It asks to be left alone for ${seconds} s.`),
        { outage },
      );
    },
    clear() {
      clearTimeout(timer);
      outer.removeEventListener("abort", stop);
    },
  };
}

/** Exponential with jitter; as long as the server asks for, where it does. */
function politeBackoff(): IBackoffFactory<IRetryBackoffContext<unknown>> {
  const jitter = new ExponentialBackoff({ initialDelay: firstWaitMs, maxDelay: longestWaitMs });
  const after = (inner: IBackoffFactory<IRetryBackoffContext<unknown>>) => ({
    next(context: IRetryBackoffContext<unknown>): IBackoff<IRetryBackoffContext<unknown>> {
      const next = inner.next(context);
      const failure = "error" in context.result ? context.result.error : null;
      const asked = failure instanceof RequestFailure ? failure.retryAfterMs : null;
      return { duration: asked ?? next.duration, ...after(next) };
    },
  });
  return after(jitter);
}

function headersOf(options: HttpOptions, readSecret: ReadSecret): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json", "user-agent": userAgent };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = typeof value === "string" ? value : headerSafe(readSecret(value), name);
  }
  if (options.tenant !== undefined) headers["x-scope-orgid"] = options.tenant;
  const { bearer, basic, apiKey } = options.auth ?? {};
  if (bearer !== undefined) headers.authorization = `Bearer ${headerSafe(readSecret(bearer), "bearer")}`;
  if (apiKey !== undefined) headers.authorization = `ApiKey ${headerSafe(readSecret(apiKey), "apiKey")}`;
  if (basic !== undefined) {
    const pair = Buffer.from(`${basic.username}:${readSecret(basic.password)}`, "utf8");
    headers.authorization = `Basic ${pair.toString("base64")}`;
  }
  return headers;
}

/** Refused here: the client would repeat a value that it cannot send in its error. */
function headerSafe(secret: string, name: string): string {
  if (/^[\x20-\x7e]+$/.test(secret)) return secret;
  throw new BotError(
    "config-invalid",
    `The secret for ${name} holds characters that no header can, such as a line break. Correct the variable or file it comes from.`,
  );
}

function pemOf(target: string, tls: HttpOptions["tls"]): { ca?: string; cert?: string; key?: string } {
  const read = (what: string, file: string) => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      throw new BotError("config-invalid", `${target}: the file ${file} of tls.${what} cannot be read.`);
    }
  };
  return {
    ...(tls?.ca === undefined ? {} : { ca: read("ca", tls.ca.file) }),
    ...(tls?.certificate === undefined ? {} : { cert: read("certificate", tls.certificate.file) }),
    ...(tls?.key === undefined ? {} : { key: read("key", tls.key.file) }),
  };
}

function encoded(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one));
  }
  return search.toString();
}

function queryOf(query: Parameters | undefined): string {
  const text = query === undefined ? "" : encoded(query);
  return text === "" ? "" : `?${text}`;
}

function bodyOf({ form, json }: HttpRequest): string | null {
  if (form !== undefined) return encoded(form);
  return json === undefined ? null : JSON.stringify(json);
}

function bodyHeaders({ form, json }: HttpRequest): Record<string, string> {
  if (form !== undefined) return { "content-type": "application/x-www-form-urlencoded" };
  return json === undefined ? {} : { "content-type": "application/json" };
}

async function readText(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
  target: string,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      const message = `${target} answers with more than ${Math.round(maxBytes / 1_048_576)} MB. Ask about a shorter window or one service, or raise maxAnswerMegabytes of this source.`;
      throw new RequestFailure(new BotError("source-unavailable", message));
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readJson<Schema extends z.ZodType>(target: string, text: string, schema: Schema): z.output<Schema> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    const what = /^\s*</.test(text) ? "with a web page, not JSON" : "something that is no JSON";
    throw new BotError(
      "source-invalid",
      `${target} answered ${what}. Check that url names the backend itself, not a login or another program.`,
    );
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new BotError(
    "source-invalid",
    `${target} answered JSON of another shape${where === "" ? "" : ` (at ${where})`}. Check that type and url of this source belong together.`,
  );
}
