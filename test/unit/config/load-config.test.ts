import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig, readSecret, redisSecrets } from "../../../config.ts";
import { serverOf } from "../../../connectors/llm/model-options.ts";
import { asBotError } from "../../../pipeline/errors.ts";
import { stateFolder } from "../../support/state-folder.ts";

const names = ["LOCALEXPERT_CONFIG", "LOCALEXPERT_STATE", "XDG_STATE_HOME", "REDIS_URL", "REDIS_PASSWORD"];

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function fileWith(text: string | Buffer): Promise<string> {
  const path = join(await stateFolder(), "localexpert.yaml");
  await writeFile(path, text);
  return path;
}

/** The problems of a configuration, without their headline and the name of the file. */
async function problemsOf(text: string): Promise<string[]> {
  const path = await fileWith(text);
  return messageOf(() => loadConfig({ path }))
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const known = asBotError(error);
    expect(known?.code).toBe("config-invalid");
    return known?.message ?? "";
  }
  throw new Error("it was accepted");
}

describe("loading the configuration", () => {
  it("has a default for everything", async () => {
    vi.stubEnv("XDG_STATE_HOME", "/var/state");

    const config = loadConfig({ path: await fileWith("timeZone: UTC\n") });

    expect(config).toMatchObject({
      timeZone: "UTC",
      stateFolder: "/var/state/localexpert",
      sources: [],
      retentionDays: 30,
    });
    expect(config.redis).toBeUndefined();
    expect(config.worker.processes).toBeGreaterThanOrEqual(1);
  });

  it("takes paths in the file as relative to the file", async () => {
    const path = await fileWith("stateFolder: state\nsources:\n  - { type: files, path: telemetry }\n");

    const config = loadConfig({ path });

    expect(config.stateFolder).toBe(join(path, "..", "state"));
    expect(config.sources[0]).toMatchObject({ path: join(path, "..", "telemetry") });
  });

  it("reads the file that LOCALEXPERT_CONFIG names, unless another is named", async () => {
    vi.stubEnv("LOCALEXPERT_CONFIG", await fileWith("timeZone: Asia/Tokyo\n"));
    const other = await fileWith("timeZone: Europe/Berlin\n");

    expect(loadConfig().timeZone).toBe("Asia/Tokyo");
    expect(loadConfig({ path: other }).timeZone).toBe("Europe/Berlin");
  });

  it("lets REDIS_URL and LOCALEXPERT_STATE win over the file", async () => {
    vi.stubEnv("REDIS_URL", "rediss://:secret@redis:6379");
    vi.stubEnv("LOCALEXPERT_STATE", "/srv/state");
    vi.stubEnv("REDIS_PASSWORD", "secret");

    const config = loadConfig({
      path: await fileWith("stateFolder: a\nredis: { url: redis://other, username: me }\n"),
    });

    expect(config.stateFolder).toBe("/srv/state");
    expect(config.redis).toEqual({ url: "rediss://:secret@redis:6379", username: "me" });
    expect(redisSecrets().password).toBe("secret");
  });

  it("names every problem at once, each with its path", async () => {
    const problems = await problemsOf(
      [
        "timezone: UTC",
        "stateFolder: 7",
        "retentionDays: -1",
        "sources:",
        "  - { type: files }",
        "  - { type: files, path: [a], fromat: nezha }",
        "  - { type: promethius, path: a }",
        "worker: { processes: 1.5, proceses: 2 }",
        "pipeline: { localizers: [simple-rac] }",
      ].join("\n"),
    );

    expect(problems).toEqual(
      expect.arrayContaining([
        'timezone: is no known key; did you mean "timeZone"?',
        "stateFolder: must be text, is a number",
        "retentionDays: must be more than 0",
        "sources[0].path: is missing; it must be text",
        "sources[1].path: must be text, is a list",
        'sources[1].fromat: is no known key; did you mean "format"?',
        expect.stringMatching(/^sources\[2\]\.type: must be one of "files", .*did you mean "prometheus"/),
        "worker.processes: must be a whole number, is a fraction",
        'worker.proceses: is no known key; did you mean "processes"?',
        expect.stringMatching(/^pipeline\.localizers\[0\]: must be one of .*did you mean "simple-rca"/),
      ]),
    );
    expect(problems).toHaveLength(10);
  });

  it.each([
    ["timeZone: Mars/Base", /^timeZone: is no known time zone/],
    ["redis: { url: http://redis }", /^redis\.url: must be a URL such as/],
    ["redis: {}", /^redis: must name exactly one of url, sentinel and cluster/],
    [
      "redis: { sentinel: { name: main, nodes: [redis] } }",
      /^redis\.sentinel\.nodes\[0\]: must be "host:port"/,
    ],
    ["redis: { cluster: { nodes: [] } }", /^redis\.cluster\.nodes: must not be empty/],
    ["sources: telemetry", /^sources: must be a list, is text/],
    ["zzzzzzzz: 1", /^zzzzzzzz: is no known key; known keys: timeZone, /],
  ])("says what is wrong with %s", async (text, problem) => {
    expect(await problemsOf(text)).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    "redis: { url: 'redis://me:geheim@redis:6379' }",
    "redis: { url: redis://redis, password: geheim }",
    "sources: [{ type: files, path: a, apiKey: geheim }]",
  ])("refuses a secret in the file and does not repeat it: %s", async (text) => {
    const problems = await problemsOf(text);

    expect(problems).toContainEqual(expect.stringMatching(/secrets come from the environment/));
    expect(problems.join()).not.toContain("geheim");
  });

  it("refuses REDIS_URL beside a Sentinel in the file", async () => {
    vi.stubEnv("REDIS_URL", "redis://redis");

    expect(await problemsOf("redis: { sentinel: { name: main, nodes: ['a:1'] } }")).toEqual([
      expect.stringMatching(/^redis\.sentinel: REDIS_URL in the environment names another server/),
    ]);
  });

  it.each([
    ["nothing", "", /is empty/],
    ["only a comment", "# later\n", /is empty/],
    ["a list", "- a\n- b\n", /must hold keys and values/],
    ["a word", "hello\n", /must hold keys and values/],
    ["broken YAML", "a: [1\nb: }\n", /is no valid YAML/],
    ["the same key twice", "timeZone: UTC\ntimeZone: UTC\n", /is no valid YAML/],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0xd8]), /is no text/],
    ["a billion laughs", laughs(), /cannot be read/],
  ])("says so when the file holds %s", async (_what, text, message) => {
    const path = await fileWith(text);

    const said = messageOf(() => loadConfig({ path }));

    expect(said).toMatch(message);
    expect(said).toContain(path);
  });

  it("says so when the named file is missing, or is a folder", async () => {
    const folder = await stateFolder();
    await mkdir(join(folder, "config"));

    expect(messageOf(() => loadConfig({ path: join(folder, "none.yaml") }))).toMatch(
      /named by --config, does not exist/,
    );
    expect(messageOf(() => loadConfig({ path: join(folder, "config") }))).toMatch(/is a folder/);
    vi.stubEnv("LOCALEXPERT_CONFIG", join(folder, "none.yaml"));
    expect(messageOf(() => loadConfig())).toMatch(/named by LOCALEXPERT_CONFIG, does not exist/);
  });

  it("takes a language model, with what differs for a role", async () => {
    const path = await fileWith(
      "model:\n  url: http://gpu:8000/v1\n  name: qwen3-8b\n  key: { env: MODEL_KEY }\n  knowledge: [runbooks]\n  roles:\n    question: { name: qwen3-1.7b, timeoutMs: 5000 }\n",
    );

    const { model } = loadConfig({ path });

    expect(model && serverOf(model, "question")).toMatchObject({
      url: "http://gpu:8000/v1",
      name: "qwen3-1.7b",
      keyVariable: "MODEL_KEY",
      timeoutMs: 5_000,
      concurrency: 4,
    });
    expect(model && serverOf(model, "expert")).toMatchObject({ name: "qwen3-8b", timeoutMs: 60_000 });
    expect(model?.knowledge).toEqual([join(dirname(path), "runbooks")]);
  });

  it("says what is wrong with a language model", async () => {
    const problems = await problemsOf(
      "model:\n  url: gpu:8000\n  key: { env: sk-12 34 }\n  roles: { judge: {} }\n",
    );

    expect(problems.join("\n")).toMatch(/model\.url: must be a URL such as/);
    expect(problems.join("\n")).toMatch(/model\.name: is missing/);
    expect(problems.join("\n")).toMatch(/model\.key\.env: must be the name of an environment variable/);
    expect(problems.join("\n")).toMatch(/model\.roles\.judge: is no known key/);
  });
});

describe("names and fault-free periods", () => {
  it("hold for all sources", async () => {
    const path = await fileWith(
      "names: { map: { pg-0: postgres }, aliases: { geo: [geo-svc] } }\nfaultFree:\n  - { start: '2026-11-23T10:00:00Z', end: '2026-11-23T12:00:00+01:00' }\n",
    );

    expect(loadConfig({ path })).toMatchObject({
      names: { map: { "pg-0": "postgres" }, aliases: { geo: ["geo-svc"] } },
      faultFree: [{ start: Date.UTC(2026, 10, 23, 10), end: Date.UTC(2026, 10, 23, 11) }],
    });
    expect(await problemsOf("faultFree: [{ start: yesterday, end: '2026-11-23T10:00:00Z' }]")).toEqual([
      expect.stringMatching(/^faultFree\[0\]\.start: must be a time such as/),
    ]);
  });
});

describe("the secrets of a source", () => {
  it("come from the environment, or from a file of their own without its last line break", async () => {
    const folder = await stateFolder();
    const file = join(folder, "token");
    await writeFile(file, "geheim\n");
    vi.stubEnv("SOURCE_TOKEN", "heimlich");

    expect(readSecret({ env: "SOURCE_TOKEN" })).toBe("heimlich");
    expect(readSecret({ file })).toBe("geheim");
  });

  it("are named in a source, whose files lie beside the configuration, and are not in the configuration", async () => {
    vi.stubEnv("SOURCE_TOKEN", "heimlich");
    const path = await fileWith(
      "sources:\n  - type: prometheus\n    url: https://prometheus/api\n    auth: { basic: { username: me, password: { file: secrets/p } } }\n    headers: { X-Api-Key: { env: SOURCE_TOKEN } }\n    tls: { ca: { file: ca.pem } }\n",
    );

    const config = loadConfig({ path });

    expect(config.sources[0]).toMatchObject({
      auth: { basic: { password: { file: join(dirname(path), "secrets/p") } } },
      tls: { ca: { file: join(dirname(path), "ca.pem") } },
    });
    expect(JSON.stringify(config)).not.toContain("heimlich");
  });

  it("are found in each backend of a source that has several", async () => {
    const path = await fileWith(
      "sources:\n  - type: aiopslab\n    namespace: test-hotel-reservation\n    elasticsearch: { auth: { basic: { username: elastic, password: { file: secrets/p } } } }\n",
    );
    const problems = await problemsOf(
      "sources: [{ type: aiopslab, namespace: hotel, jaeger: { auth: { bearer: geheim } } }]\n",
    );

    expect(loadConfig({ path }).sources[0]).toMatchObject({
      elasticsearch: { auth: { basic: { password: { file: join(dirname(path), "secrets/p") } } } },
    });
    expect(problems.join()).toMatch(/sources\[0\]\.jaeger/);
    expect(problems.join()).not.toContain("geheim");
  });

  it.each([
    ["bearer: geheim", /auth\.bearer: secrets come from/],
    ["bearer: { env: 'a b' }", /auth\.bearer\.env: must be the name of an environment variable/],
    ["bearer: { env: A, file: b }", /auth\.bearer: must name either env or file/],
    ["basic: { username: me }", /auth\.basic\.password: is missing/],
  ])("are refused as %s", async (auth, problem) => {
    const problems = await problemsOf(
      `sources:\n  - { type: prometheus, url: 'http://prometheus:9090', auth: { ${auth} } }\n`,
    );

    expect(problems).toContainEqual(expect.stringMatching(problem));
    expect(problems.join()).not.toContain("geheim");
  });

  it("are missed by name", async () => {
    const folder = await stateFolder();
    const empty = join(folder, "empty");
    await writeFile(empty, " \n");

    expect(messageOf(() => readSecret({ env: "NO_SUCH_TOKEN" }))).toMatch(/NO_SUCH_TOKEN, .* is not set/);
    expect(messageOf(() => readSecret({ file: empty }))).toMatch(/is empty/);
    expect(messageOf(() => readSecret({ file: join(folder, "none") }))).toMatch(/none, .* does not exist/);
  });
});

describe("who may see what", () => {
  it("takes one line for a small team, and rules for a bigger one", async () => {
    const open = loadConfig({ path: await fileWith("access: open\n") });
    const text = `access:
  operators: [U1, { surface: slack, team: T1, user: U2 }]
  rules:
    - { surface: slack, channels: [C1], services: [geo*], sources: [shop logs] }
    - { kinds: [direct], namespaces: [maps], guests: true }
quotas: { userPerHour: 5 }
sources: [{ type: files, path: ., name: shop }]
`;
    const ruled = loadConfig({ path: await fileWith(text) });

    expect(open.access).toBe("open");
    expect(open.quotas).toEqual({ userPerHour: 30, channelPerHour: 120 });
    expect(ruled.quotas.userPerHour).toBe(5);
    expect(ruled.access).toMatchObject({
      operators: ["U1", { user: "U2" }],
      rules: [
        { channels: ["C1"], services: ["geo*"], guests: false },
        { namespaces: ["maps"], guests: true },
      ],
    });
    expect(loadConfig({ path: await fileWith("timeZone: UTC\n") }).access).toBeUndefined();
  });

  it.each([
    ["access: opn", 'access: must be "open", or hold operators and rules (docs/access.md)'],
    ["access: { rule: [] }", 'access.rule: is no known key; did you mean "rules"?'],
    [
      "access: { rules: [{ channels: [C1] }] }",
      "access.rules[0]: does not say what may be seen; add services: all, or the names of services or namespaces that may be",
    ],
    [
      "access: { rules: [{ chanels: [C1], services: all }] }",
      'access.rules[0].chanels: is no known key; did you mean "channels"?',
    ],
    [
      "access: { rules: [{ channels: ['#ops'], services: all }] }",
      "access.rules[0].channels[0]: is the name of a channel; write its id, which the chat shows in the channel's details",
    ],
    [
      "access: { rules: [{ users: ['@ann'], services: all }] }",
      "access.rules[0].users[0]: is the name of a person; write its id, which the chat shows in the person's profile",
    ],
    [
      "access: { rules: [{ services: every }] }",
      'access.rules[0].services: must be a list of names, or "all"',
    ],
    ["access: { rules: [{ services: [] }] }", "access.rules[0].services: must not be empty"],
    [
      "access: { rules: [{ surface: slak, services: all }] }",
      'access.rules[0].surface: must be one of "slack", "teams" (did you mean "slack"?)',
    ],
    ["access: { operators: [7] }", "access.operators[0]: must be a person's id, or { surface, team, user }"],
    [
      "access: { rules: [{ services: all, sources: [shop, shop logs, 'sh*', prom] }] }\nsources: [{ type: files, path: ., name: shop }]",
      "access.rules[0].sources[3]: is no source; there is shop",
    ],
    ["quotas: { userPerHour: 0 }", "quotas.userPerHour: must be at least 1"],
    [
      "fit: { at: now and then }",
      'fit.at: is no time that can be repeated; write days and a time such as "daily 3:00 Europe/Berlin"',
    ],
    ["fit: { at: daily 3:00, hours: 0 }", "fit.hours: must be at least 1"],
  ])("says what is wrong with %s", async (text, problem) => {
    expect(await problemsOf(`${text}\n`)).toEqual([problem]);
  });
});

/** Nine lines that would unfold to 10^9 values. */
function laughs(): string {
  const lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"];
  for (let level = 1; level < 9; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
  }
  return lines.join("\n");
}
