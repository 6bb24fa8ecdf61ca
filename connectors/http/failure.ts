import { BotError, type ErrorCode } from "../../pipeline/errors.ts";

/** One failed try of a request: what a person is told, and whether the next try may do better. */
export class RequestFailure extends Error {
  readonly error: BotError;
  /** Worth another try, after a while. */
  readonly transient: boolean;
  /** The backend itself is in trouble, as opposed to this request. */
  readonly outage: boolean;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | null;

  constructor(
    error: BotError,
    { transient = false, outage = false, retryAfterMs = null as number | null } = {},
  ) {
    super(error.message, { cause: error });
    this.name = "RequestFailure";
    this.error = error;
    this.transient = transient;
    this.outage = outage;
    this.retryAfterMs = retryAfterMs;
  }
}

const transientStatuses = new Set([429, 502, 503, 504]);
const transientCodes = new Set([
  "ECONNRESET",
  "EPIPE",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

/** `target` names the source and its host: "production (prometheus:9090)". */
export function statusFailure(
  target: string,
  status: number,
  retryAfter: string | null,
  now: number,
): RequestFailure {
  const fail = (code: ErrorCode, words: string, ways = {}) =>
    new RequestFailure(new BotError(code, `${target} ${words}`), ways);
  if (status === 401) {
    return fail("source-invalid", "refuses the credentials (401). Check auth of this source.");
  }
  if (status === 403) {
    return fail("source-invalid", "forbids reading (403). Give its user or token the right to read.");
  }
  if (status === 404)
    return fail("source-invalid", "knows no such path (404). Check the url of this source.");
  if (status >= 300 && status < 400) {
    const words = `sends us elsewhere (${status}), perhaps to a login page. Name the backend itself in url, and check auth.`;
    return fail("source-invalid", words);
  }
  if (transientStatuses.has(status)) {
    const words =
      status === 429
        ? "answers too many requests (429). Lower concurrency of this source, or raise the limit."
        : `is not available (${status}). Check that the backend is up.`;
    const retryAfterMs = readRetryAfter(retryAfter, now);
    return fail("source-unavailable", words, { transient: true, outage: status !== 429, retryAfterMs });
  }
  if (status >= 500) {
    return fail("source-unavailable", `failed (${status}). Its own log says why.`, { outage: true });
  }
  return fail("source-invalid", `refused the request (${status}).`);
}

/** What went wrong below HTTP, in words. */
export function networkFailure(target: string, thrown: unknown): RequestFailure {
  const code = codeOf(thrown);
  const words = networkWords(code);
  const message = `${target} could not be reached: ${words}.`;
  return new RequestFailure(new BotError("source-unavailable", message), {
    transient: transientCodes.has(code),
    outage: true,
  });
}

function networkWords(code: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its host name is not known here";
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") return "no connection came about in time";
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return "there is no way to its network";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "its certificate is for another host name";
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
  if (/CERT|SIGNATURE|ISSUER/.test(code) && !/ALERT/.test(code)) {
    return `its certificate is not trusted (${code}); name the authority with tls.ca`;
  }
  if (/ALERT/.test(code)) return `it refused the TLS connection (${code}); it may want a client certificate`;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO") {
    return "it speaks no TLS; the url may have to start with http:";
  }
  if (code.startsWith("HPE_")) return "what answers there speaks no HTTP";
  if (transientCodes.has(code)) return "the connection was cut in the middle";
  return code === "" ? "the connection failed" : `the connection failed (${code})`;
}

/** The innermost error code: undici wraps what it caught. */
function codeOf(thrown: unknown): string {
  let code = "";
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ("code" in error && typeof error.code === "string") code = error.code;
  }
  return code;
}

/** Seconds or a date (RFC 9110, 10.2.3); null where there is none or it cannot be read. */
function readRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
