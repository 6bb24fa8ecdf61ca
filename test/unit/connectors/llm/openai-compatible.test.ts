import { describe, expect, it } from "vitest";
import { localGate } from "../../../../connectors/llm/gate.ts";
import { languageModel } from "../../../../connectors/llm/language-model.ts";
import { ModelOptions, serverOf } from "../../../../connectors/llm/model-options.ts";
import { openaiCompatible } from "../../../../connectors/llm/openai-compatible.ts";
import { probeModel } from "../../../../connectors/llm/probe.ts";
import type { LanguageModel } from "../../../../pipeline/ports.ts";
import { colourRequest, languageModelContract } from "../../../contract/language-model.ts";
import {
  type ModelServerScript,
  type RunningModelServer,
  type Saying,
  startModelServer,
} from "../../../support/model-server.ts";

const green = '{"colour":"green"}';
const { signal } = new AbortController();

interface Options {
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly thinking?: boolean;
  readonly concurrency?: number;
}

function clientOf(server: Pick<RunningModelServer, "url">, { key, ...options }: Options = {}) {
  const parsed = ModelOptions.parse({ url: server.url, name: "qwen3", ...options });
  const serverOptions = serverOf(parsed, "expert");
  const opened = openaiCompatible(serverOptions, key ?? null, localGate(serverOptions.concurrency));
  const model: LanguageModel = languageModel(opened.chat, { question: "qwen3", expert: "qwen3" });
  return { ...opened, options: serverOptions, model, ask: () => model.complete(colourRequest(), signal) };
}

async function answered(script: Saying | ModelServerScript, options: Options = {}) {
  const server = await startModelServer("say" in script ? script : { say: () => script });
  const client = clientOf(server, options);
  return { ...(await client.ask()), server, client };
}

describe("a model over HTTP", () => {
  languageModelContract({
    saying: async (text) => clientOf(await startModelServer({ say: () => ({ text }) })).model,
    async failing() {
      const server = await startModelServer({ say: () => ({ text: "" }) });
      await server.stop();
      return { model: clientOf(server, { retries: 0 }).model, problem: "unavailable" };
    },
  });

  it.each([
    ["vllm", { chat_template_kwargs: { enable_thinking: false }, top_k: 20 }],
    ["sglang", { chat_template_kwargs: { enable_thinking: false } }],
    ["llama.cpp", { chat_template_kwargs: { enable_thinking: false } }],
    ["ollama", { reasoning_effort: "none" }],
    ["openai", {}],
  ] as const)("speaks to %s as it wants to be spoken to", async (dialect, expected) => {
    const { output, call, server } = await answered({ dialect, say: () => ({ text: green }) });

    expect(output).toEqual({ colour: "green" });
    expect(server.heard).toHaveLength(1);
    expect(server.heard[0]?.body).toMatchObject({
      ...expected,
      model: "qwen3",
      max_tokens: 50,
      seed: 7,
      temperature: 0.7,
      response_format: { type: "json_schema", json_schema: { name: "colour", strict: true } },
    });
    expect(call.parameters).toMatchObject(expected);
  });

  it("lets it think where that is configured", async () => {
    const { server } = await answered({ dialect: "vllm", say: () => ({ text: green }) }, { thinking: true });

    expect(server.heard[0]?.body.chat_template_kwargs).toEqual({ enable_thinking: true });
  });

  it.each<[string, Saying]>([
    ["thoughts in the answer", { text: `<think>{"colour":"red"} or not?</think>\n${green}` }],
    ["thoughts whose start is in the prompt", { text: `Hm, red?</think>${green}` }],
    ["a code fence", { text: `Here it is:\n\`\`\`json\n${green}\n\`\`\`\nAnything else?` }],
    ["thoughts in a field of their own", { reasoning: 'It may be {"colour":"red"}.', text: green }],
    ["the whole answer in the reasoning", { content: null, reasoning: green }],
    ["chunks cut anywhere", { text: `{"colour":"green"} — grün, 緑`, chunkBytes: 7 }],
    ["text after the object", { text: `${green}{"colour":"red"}` }],
  ])("reads an answer with %s", async (_title, saying) => {
    const { output } = await answered(saying);

    expect(output).toEqual({ colour: "green" });
  });

  it.each<[string, Saying, string]>([
    ["nothing", { text: "  " }, "empty"],
    ["a refusal", { text: "", finish: "content_filter" }, "refused"],
    ["an answer that ran out of tokens", { text: '{"colour":"gre', finish: "length" }, "cut-off"],
    ["an answer that breaks off", { text: green, cutAfter: 9 }, "unavailable"],
    ["thoughts without an end", { text: `<think>{"colour":"green"} or` }, "not-json"],
    ["a prompt that was cut without a word", { text: green, promptTokens: 3 }, "cut-off"],
    ["words in place of JSON", { text: "I'm sorry, I can't help with that." }, "not-json"],
  ])("calls %s a problem", async (_title, saying, reason) => {
    const { output, call } = await answered(saying, { retries: 0 });

    expect(output).toBeNull();
    expect(call.problem?.reason).toBe(reason);
  });

  it("gives up a server that hangs in the middle of an answer", async () => {
    const { call } = await answered({ text: green, hangAfter: 5 }, { timeoutMs: 200 });

    expect(call.problem).toEqual({
      reason: "too-slow",
      detail: "qwen3 did not finish its answer within 0.2 s.",
    });
  });

  it("tries again after the pause that a busy server asks for, and counts", async () => {
    const { output, call, server } = await answered({
      say: (_request, count) =>
        count < 3 ? { status: 429, headers: { "retry-after": "0.01" } } : { text: green, cachedTokens: 5 },
    });

    expect(output).toEqual({ colour: "green" });
    expect(server.heard).toHaveLength(3);
    expect(call).toMatchObject({ attempts: 3, cachedTokens: 5, model: "qwen3" });
    expect(call.answerTokens).toBeGreaterThan(0);
  });

  it("does not wait for a pause that is longer than the call may take", async () => {
    const { call, server } = await answered(
      { status: 429, headers: { "retry-after": "3600" } },
      { timeoutMs: 2_000 },
    );

    expect(server.heard).toHaveLength(1);
    expect(call.problem?.detail).toMatch(/has too much to do/);
  });

  it("says what is wrong with a key, and no word of the server's", async () => {
    const { call } = await answered({ key: "right", say: () => ({ text: green }) }, { key: "wrong" });

    expect(call.problem?.reason).toBe("unavailable");
    expect(call.problem?.detail).toMatch(/refuses requests without a key; name its variable/);
    expect(call.problem?.detail).not.toContain("wrong");
  });

  it("asks in words where a server takes no JSON schema, and remembers", async () => {
    const server = await startModelServer({
      say: ({ body }) =>
        body.response_format === undefined ? { text: green } : { status: 400, message: "response_format?" },
    });
    const client = clientOf(server);

    const first = await client.ask();
    const before = server.heard.length;
    const second = await client.ask();

    expect(first.output).toEqual({ colour: "green" });
    expect(second.output).toEqual({ colour: "green" });
    expect(server.heard).toHaveLength(before + 1);
    expect(server.heard.at(-1)?.body.messages[0]?.content).toContain('"enum":["red","green"]');
    // The extras were not what it refused.
    expect(server.heard.at(-1)?.body).toHaveProperty("top_k");
  });

  /** Refuses as hosted models do: the first parameter in the body that is none of theirs, one at a time. */
  function refusing(refusals: Readonly<Record<string, Saying>>): ModelServerScript {
    return {
      dialect: "openai",
      say: ({ body }) => {
        const name = Object.keys(refusals).find((one) => one in body);
        return name === undefined ? { text: green } : { status: 400, ...refusals[name] };
      },
    };
  }

  it.each<[string, Readonly<Record<string, Saying>>, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      "the old name of the limit",
      {
        max_tokens: {
          message:
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          error: { param: "max_tokens", code: "unsupported_parameter" },
        },
      },
      { max_completion_tokens: 50, temperature: 0.7, seed: 7 },
      ["max_tokens"],
    ],
    [
      "a temperature",
      {
        temperature: {
          message:
            "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
          error: { param: "temperature", code: "unsupported_value" },
        },
      },
      { max_tokens: 50, seed: 7 },
      ["temperature", "top_p"],
    ],
    [
      "a seed, named in the words alone",
      { seed: { message: "Unrecognized request argument supplied: seed" } },
      { max_tokens: 50, temperature: 0.7 },
      ["seed"],
    ],
    [
      "a JSON schema, named by its parameter",
      {
        response_format: {
          message: "Invalid parameter: 'response_format' of type 'json_schema' is not supported.",
          error: { param: "response_format" },
        },
      },
      { max_tokens: 50, temperature: 0.7, seed: 7 },
      ["response_format"],
    ],
    [
      "to count tokens in a stream",
      { stream_options: { message: "Unknown field: stream_options" } },
      { max_tokens: 50, temperature: 0.7, seed: 7 },
      ["stream_options"],
    ],
  ])(
    "asks a model that refuses %s once more without, and remembers",
    async (_what, refusals, has, hasNot) => {
      const server = await startModelServer(refusing(refusals));
      const client = clientOf(server);

      const first = await client.ask();
      const second = await client.ask();

      expect([first.output, second.output]).toEqual([{ colour: "green" }, { colour: "green" }]);
      expect([first.call.attempts, second.call.attempts]).toEqual([2, 1]);
      expect(server.heard.at(-1)?.body).toMatchObject(has);
      for (const name of hasNot) expect(server.heard.at(-1)?.body).not.toHaveProperty(name);
      const { stream_options: _stream, ...kept } = has;
      expect(second.call.parameters).toMatchObject(kept);
    },
  );

  it("learns several refusals that come one after another, and says them in the health check", async () => {
    const unsupported = (param: string) => ({
      message: `Unsupported parameter: '${param}'`,
      error: { param, code: "unsupported_parameter" },
    });
    const server = await startModelServer({
      dialect: "openai",
      say: ({ body }) => {
        const name = ["max_tokens", "top_p", "temperature", "seed"].find((one) => one in body);
        return name === undefined ? { text: '{"capital":"Paris"}' } : { status: 400, ...unsupported(name) };
      },
    });
    const client = clientOf(server);

    const { refuses, problem } = await probeModel(client, client.options, signal);

    expect({ refuses, problem }).toEqual({
      refuses: ["max_tokens", "temperature", "top_p", "seed"],
      problem: null,
    });
    expect(server.heard).toHaveLength(4);
  });

  it("asks with the messages and a limit alone where a refusal names nothing", async () => {
    const server = await startModelServer({
      dialect: "openai",
      say: ({ body }) =>
        "temperature" in body || "seed" in body || "response_format" in body
          ? { status: 422, message: "Bad request" }
          : { text: green },
    });
    const client = clientOf(server);

    const { output } = await client.ask();
    const before = server.heard.length;
    await client.ask();

    expect(output).toEqual({ colour: "green" });
    expect(server.heard).toHaveLength(before + 1);
  });

  it("does not take a limit that is too large for a parameter that is not known", async () => {
    const { call, server } = await answered({
      status: 400,
      message: "max_tokens is too large: 50. This model supports at most 40 completion tokens.",
      error: { param: "max_tokens", code: "invalid_value" },
    });

    expect(call.problem?.reason).toBe("cut-off");
    expect(server.heard).toHaveLength(1);
  });

  it("does not take a prompt that is too long for a schema that is not taken", async () => {
    const { call, server } = await answered({
      say: () => ({ status: 400, message: "This model's maximum context length is 4096 tokens." }),
    });

    expect(call.problem).toEqual({
      reason: "cut-off",
      detail: "The prompt is longer than the context of qwen3.",
    });
    expect(server.heard).toHaveLength(1);
  });

  it("keeps to its places", async () => {
    const server = await startModelServer({
      say: async () => {
        await new Promise(setImmediate);
        return { text: green };
      },
    });
    const { ask } = clientOf(server, { concurrency: 2 });

    await Promise.all(Array.from({ length: 6 }, ask));

    expect(server.heard).toHaveLength(6);
    expect(server.load.most).toBeLessThanOrEqual(2);
  });

  it("ends a request when it is cancelled in the middle", async () => {
    const stop = new AbortController();
    const server = await startModelServer({
      say: () => {
        setImmediate(() => stop.abort());
        return { text: green, hangAfter: 3 };
      },
    });

    const asked = clientOf(server).model.complete(colourRequest(), stop.signal);

    await expect(asked).rejects.toMatchObject({ code: "cancelled" });
  });

  it("finds out what a server can do", async () => {
    const server = await startModelServer({
      dialect: "sglang",
      say: () => ({ text: '{"capital":"Paris"}' }),
    });
    const client = clientOf(server);

    const capabilities = await probeModel(client, client.options, signal);

    expect(capabilities).toMatchObject({
      dialect: "sglang",
      takesSchema: true,
      tellsThinking: true,
      context: 32_768,
      problem: null,
    });
  });

  it("finds out that a server is of no use", async () => {
    const server = await startModelServer({ say: () => ({ text: "Paris!" }) });
    const client = clientOf(server);

    const { problem } = await probeModel(client, client.options, signal);

    expect(problem).toMatch(/no whole JSON object/);
  });
});
