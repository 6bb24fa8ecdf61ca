import { z } from "zod";
import { BotError } from "../../../pipeline/errors.ts";

/** A header collection of the vendor's client, as far as we use it. */
interface Headers {
  clone(): Headers;
  headersArray(): { readonly name: string; readonly value: string }[];
  set(name: string, value: string): void;
  remove(name: string): boolean;
}

interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: unknown;
}

const longestRetryMs = 3_600_000;

/**
 * How the vendor's client reaches Teams: one try with a time limit, and what went wrong as a BotError. Its own
 * client would post again after a 500, and so perhaps twice, and would sleep after a 429; the job that
 * delivers does both better.
 */
export function connectorHttp<Given extends Request>(
  timeoutMs: number,
): {
  sendRequest(request: Given): Promise<{
    readonly request: Given;
    readonly status: number;
    readonly headers: Given["headers"];
    readonly bodyAsText: string;
  }>;
} {
  return {
    async sendRequest(request) {
      const sent = Object.fromEntries(request.headers.headersArray().map(({ name, value }) => [name, value]));
      const { response, text } = await answerOf(request, sent, timeoutMs);
      if (!response.ok) throw refusal(response, text);
      const headers = request.headers.clone();
      for (const { name } of headers.headersArray()) headers.remove(name);
      for (const [name, value] of response.headers) headers.set(name, value);
      return { request, status: response.status, headers, bodyAsText: text };
    },
  };
}

async function answerOf(
  { url, method, body }: Request,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...(typeof body === "string" ? { body } : {}),
    });
    return { response, text: await response.text() };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const why = timedOut ? `did not answer in ${timeoutMs / 1000} s` : "cannot be reached";
    throw new BotError("chat-unavailable", `Teams ${why}. It is tried again.`, { cause: error });
  }
}

const ErrorBody = z.object({ error: z.object({ code: z.string().regex(/^\w{1,60}$/) }) });

function refusal(response: Response, text: string): BotError {
  const { status } = response;
  const code = codeIn(text);
  const said = `${status}${code === null ? "" : ` ${code}`}`;
  if (status === 429 || status === 408 || status === 412 || status >= 500) {
    return new BotError("chat-unavailable", `Teams answers ${said}. It is tried again.`, {
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }
  switch (status) {
    case 401:
      return new BotError(
        "chat-refused",
        `Teams refuses the bot's credentials (${said}). Check teams.appId, teams.tenantId and teams.secret in the configuration.`,
      );
    case 403:
    case 404:
      return new BotError(
        "chat-refused",
        `Teams does not let the bot write there (${said}). Add the bot to the team or chat again.`,
      );
    default:
      return new BotError(
        "chat-refused",
        `Teams refuses the message (${said}). Please report this with the question that was asked.`,
      );
  }
}

function codeIn(text: string): string | null {
  try {
    return ErrorBody.safeParse(JSON.parse(text)).data?.error.code ?? null;
  } catch {
    return null;
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(longestRetryMs, Math.max(0, ms)) : null;
}
