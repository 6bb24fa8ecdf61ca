import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { honestAnswer } from "./honest-answer.ts";
import { closed, portOf, textOf } from "./local-http.ts";

const Asked = z.object({
  model: z.string(),
  messages: z.array(z.object({ content: z.string() })),
  response_format: z.object({ json_schema: z.object({ name: z.string() }) }).optional(),
});

export interface ModelServer {
  /** As a configuration names it. */
  readonly url: string;
  /** Until it is let go on, every connection is cut. */
  stop(): void;
  goOn(): void;
  close(): Promise<void>;
}

/** Long enough for a fault to fall into a call. */
const thinkingMs = 150;

/** A model server that says what the evidence in the prompt holds, and that can be away for a while. */
export async function openModelServer(): Promise<ModelServer> {
  let isAway = false;
  const server = createServer((request, response) => {
    if (isAway) response.destroy();
    else answer(request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}/v1`,
    stop() {
      isAway = true;
      server.closeAllConnections();
    },
    goOn() {
      isAway = false;
    },
    close: () => closed(server),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") {
    const model = { id: "stand-in", object: "model", owned_by: "vllm", max_model_len: 32_768 };
    response.setHeader("content-type", "application/json").end(JSON.stringify({ data: [model] }));
    return;
  }
  const { model, messages, response_format } = Asked.parse(JSON.parse(await textOf(request)));
  await sleep(thinkingMs);
  const text = JSON.stringify(
    honestAnswer(response_format?.json_schema.name ?? "", messages[1]?.content ?? ""),
  );
  const tokens = Math.ceil(text.length / 4);
  const chunk = (choice: object) =>
    `data: ${JSON.stringify({ object: "chat.completion.chunk", model, choices: [{ index: 0, ...choice }] })}\n\n`;
  const usage = { prompt_tokens: tokens, completion_tokens: tokens };
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(
    [
      chunk({ delta: { role: "assistant", content: text }, finish_reason: null }),
      chunk({ delta: {}, finish_reason: "stop" }),
      `data: ${JSON.stringify({ choices: [], usage })}\n\n`,
      "data: [DONE]\n\n",
    ].join(""),
  );
}
