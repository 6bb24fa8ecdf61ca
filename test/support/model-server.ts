import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { honestAnswer } from "../../bench/reliability/honest-answer.ts";
import type { Dialect } from "../../connectors/llm/model-options.ts";

/** A request to the server, as far as tests look at it. */
export interface HeardRequest {
  readonly headers: IncomingMessage["headers"];
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly response_format?: { readonly type: string; readonly json_schema: { readonly schema: unknown } };
    readonly chat_template_kwargs?: { readonly enable_thinking: boolean };
    readonly reasoning_effort?: string;
    readonly [key: string]: unknown;
  };
}

/** What the server does with one request. */
export interface Saying {
  readonly text?: string;
  /** Null, as some builds of vLLM send it, with everything in the reasoning. */
  readonly content?: null;
  readonly reasoning?: string;
  readonly finish?: string | null;
  /** An error in place of an answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** What the error says beside its message: `param`, `code`. */
  readonly error?: Readonly<Record<string, string>>;
  /** Cuts the bytes of the stream anywhere, in the middle of characters and of lines. */
  readonly chunkBytes?: number;
  /** Ends the connection after so many characters of the text. */
  readonly cutAfter?: number;
  /** Says so much and then nothing more, with the connection open. */
  readonly hangAfter?: number;
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
}

export interface ModelServerScript {
  readonly dialect?: Dialect;
  readonly name?: string;
  /** Asked for a key with "Bearer KEY". */
  readonly key?: string;
  readonly say: (request: HeardRequest, count: number) => Saying | Promise<Saying>;
}

export interface RunningModelServer {
  /** As a configuration names it. */
  readonly url: string;
  readonly heard: readonly HeardRequest[];
  /** Requests that are being answered now, and the most there ever were. */
  readonly load: { now: number; most: number };
  stop(): Promise<void>;
}

/** Who each server says that its models are owned by. */
const owners: Readonly<Record<Dialect, string>> = {
  vllm: "vllm",
  sglang: "sglang",
  "llama.cpp": "llamacpp",
  ollama: "library",
  openai: "openai",
};

/**
 * A server that speaks chat completions as vLLM, SGLang, llama.cpp, Ollama or a hosted one does, with
 * their quirks: what each does not know it refuses (OpenAI) or passes over (Ollama). It streams, counts
 * tokens by four characters, and says what the script says.
 */
export async function openModelServer(script: ModelServerScript): Promise<RunningModelServer> {
  const heard: HeardRequest[] = [];
  const load = { now: 0, most: 0 };
  const dialect = script.dialect ?? "vllm";
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (script.key !== undefined && request.headers.authorization !== `Bearer ${script.key}`) {
      return refuse(response, 401, "wrong key");
    }
    if (request.method === "GET" && request.url === "/v1/models")
      return listModels(response, dialect, script);
    if (request.url !== "/v1/chat/completions") return refuse(response, 404, "not found");
    const body: HeardRequest["body"] = JSON.parse(await textOf(request));
    const one = { headers: request.headers, body };
    heard.push(one);
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.once("close", () => (load.now -= 1));
    if (dialect === "openai" && ("chat_template_kwargs" in body || "top_k" in body)) {
      return refuse(response, 400, "Unrecognized request argument supplied: top_k");
    }
    const saying = await script.say(one, heard.length);
    if (saying.status !== undefined) {
      const { status, message = "it failed", headers: told, error } = saying;
      return refuse(response, status, message, told, error);
    }
    await answer(response, saying, one, dialect);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => stopped(server);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, heard, load, stop };
}

/** The same, stopped when the test ends. */
export async function startModelServer(script: ModelServerScript): Promise<RunningModelServer> {
  const { onTestFinished } = await import("vitest");
  const server = await openModelServer(script);
  onTestFinished(() => server.stop());
  return server;
}

/** The id of the prompt that was sent, where the server takes a schema. */
export function promptIdOf({ body }: HeardRequest): string {
  return /"name":"([a-z-]+)"/.exec(JSON.stringify(body.response_format ?? {}))?.[1] ?? "";
}

/** What a careful model would answer, as JSON. */
export function honestText(request: HeardRequest): string {
  return JSON.stringify(honestAnswer(promptIdOf(request), request.body.messages[1]?.content ?? ""));
}

function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}

function listModels(response: ServerResponse, dialect: Dialect, { name = "qwen3" }: ModelServerScript): void {
  const model = {
    id: name,
    object: "model",
    owned_by: owners[dialect],
    ...(dialect === "vllm" || dialect === "sglang" ? { max_model_len: 32_768 } : {}),
    ...(dialect === "llama.cpp" ? { meta: { n_ctx_train: 40_960 } } : {}),
  };
  response
    .setHeader("content-type", "application/json")
    .end(JSON.stringify({ object: "list", data: [model] }));
}

function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message, code: status, ...more } }));
}

async function answer(
  response: ServerResponse,
  saying: Saying,
  { body }: HeardRequest,
  dialect: Dialect,
): Promise<void> {
  const { text = "", reasoning = "", finish = "stop" } = saying;
  const reasoningKey = dialect === "vllm" ? "reasoning" : "reasoning_content";
  response.writeHead(200, { "content-type": "text/event-stream" });
  const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
  const delta = (part: Readonly<Record<string, unknown>>, finish_reason: string | null = null) =>
    event({
      object: "chat.completion.chunk",
      model: body.model,
      choices: [{ index: 0, delta: part, finish_reason }],
    });
  const stopAt = saying.cutAfter ?? saying.hangAfter;
  const parts = [
    // Comments keep the connection alive while the prompt is read.
    ": keep-alive\n\n",
    delta({ role: "assistant", ...(saying.content === null ? { content: null } : {}) }),
    ...pieces(reasoning).map((piece) => delta({ [reasoningKey]: piece })),
    ...pieces(text.slice(0, stopAt)).map((piece) => delta({ content: piece })),
  ];
  if (stopAt === undefined) {
    const characters = body.messages.reduce((sum, { content }) => sum + content.length, 0);
    const prompt_tokens = saying.promptTokens ?? Math.ceil(characters / 4);
    parts.push(
      delta({}, finish),
      event({
        choices: [],
        usage: {
          prompt_tokens,
          completion_tokens: Math.ceil((text.length + reasoning.length) / 4),
          ...(saying.cachedTokens === undefined
            ? {}
            : { prompt_tokens_details: { cached_tokens: saying.cachedTokens } }),
        },
      }),
      "data: [DONE]\n\n",
    );
  }
  await write(response, Buffer.from(parts.join("")), saying.chunkBytes);
  if (saying.cutAfter !== undefined) response.destroy();
  else if (saying.hangAfter === undefined) response.end();
}

async function write(response: ServerResponse, bytes: Buffer, chunkBytes: number | undefined): Promise<void> {
  if (chunkBytes === undefined) return void response.write(bytes);
  response.socket?.setNoDelay(true);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    response.write(bytes.subarray(at, at + chunkBytes));
    await new Promise(setImmediate);
  }
}

function pieces(text: string): string[] {
  return text.match(/.{1,12}/gsu) ?? [];
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
