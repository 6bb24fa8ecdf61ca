import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { AccessOptions, QuotaOptions, unknownSources } from "./bot/access-options.ts";
import { SlackOptions } from "./bot/surfaces/slack/options.ts";
import { TeamsOptions } from "./bot/surfaces/teams/options.ts";
import { problemsOf, secretsIn } from "./config-problems.ts";
import { SourceOptions, sourceName } from "./connectors/index.ts";
import { ModelOptions } from "./connectors/llm/model-options.ts";
import { NamesOptions } from "./connectors/names/options.ts";
import { RedisOptions, type RedisSecrets } from "./jobs/redis-options.ts";
import type { SecretReference } from "./jobs/secret-reference.ts";
import { BotError } from "./pipeline/errors.ts";
import { learners } from "./pipeline/learners.ts";
import { PipelineOptions } from "./pipeline/options.ts";
import { readScheduleTime } from "./pipeline/question/read-schedule.ts";

const defaultFile = "localexpert.yaml";

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isScheduleTime(text: string): boolean {
  try {
    readScheduleTime(text, "UTC");
    return true;
  } catch {
    return false;
  }
}

/** Under XDG_STATE_HOME or ~/.local/state, on a Mac too: there it has no spaces, and is found by who knows one of the two. */
function defaultStateFolder(): string {
  const base = process.env.XDG_STATE_HOME;
  // The XDG specification: a relative path in it is invalid and to be ignored.
  const usable = base !== undefined && isAbsolute(base) ? base : join(homedir(), ".local", "state");
  return join(usable, "localexpert");
}

const Instant = z.iso.datetime({
  offset: true,
  error: 'must be a time such as "2026-11-23T15:20:00Z", in quotes',
});

const FaultFreePeriod = z
  .strictObject({ start: Instant, end: Instant })
  .transform(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) }))
  .refine(({ start, end }) => start < end, { error: "must end after it starts" });

/** Everything that can be configured, with its defaults; docs/configuration.md tells of each key. */
const Keys = z.strictObject({
  /** The zone of times in questions and answers. */
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'is no known time zone; use an IANA name such as "Europe/Berlin" or "UTC"' })
    .default(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  /** Holds the data of the private Redis, and fitted models. */
  stateFolder: z.string().min(1).default(defaultStateFolder),
  /** A server of the operator's; a private one where it is not given. */
  redis: RedisOptions.optional(),
  /** Programs of one name on one Redis share their chats and questions; another name keeps apart. */
  deployment: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
      error: 'must be up to 40 lower-case letters, digits and hyphens, such as "staging"',
    })
    .default("main"),
  /** Questions, diagnoses and finished jobs are forgotten after so many days. */
  retentionDays: z.number().positive().max(3_650).default(30),
  sources: z.array(SourceOptions).default([]),
  /** The language models; without them templates speak. */
  model: ModelOptions.optional(),
  /** The bot in Slack. */
  slack: SlackOptions.optional(),
  /** The bot in Microsoft Teams. */
  teams: TeamsOptions.optional(),
  /** What telemetry calls a service, where that is not its name; for all sources. */
  names: NamesOptions.prefault({}),
  /** Periods without a fault, which windows are compared with; for all sources. */
  faultFree: z.array(FaultFreePeriod).default([]),
  /** Who may see what from a chat; without it nobody there sees anything. */
  access: AccessOptions.optional(),
  /** Summaries that channels get at set times, beside those that are made in chats. */
  schedules: z
    .array(
      z.strictObject({
        /** "weekdays 9:00 Europe/Berlin", as in a chat. */
        at: z.string().refine(isScheduleTime, {
          error:
            'is no time that can be repeated; write days and a time such as "weekdays 9:00 Europe/Berlin"',
        }),
        /** "slack C0123456789": the surface and the channel's id. */
        channel: z
          .string()
          .regex(/^(slack|teams) \S/, 'must be a surface and an id, such as "slack C0123456789"'),
        services: z.array(z.string().min(1)).default([]),
      }),
    )
    .default([]),
  /** Lets the methods that learn do so at set times, while programs answer in chats. */
  fit: z
    .strictObject({
      /** "daily 3:00 Europe/Berlin", as a schedule has it. */
      at: z.string().refine(isScheduleTime, {
        error: 'is no time that can be repeated; write days and a time such as "daily 3:00 Europe/Berlin"',
      }),
      /** They learn from so many hours before, without known incidents. */
      hours: z
        .number()
        .min(1)
        .max(31 * 24)
        .default(24),
      methods: z
        .array(z.enum([...learners().keys()]))
        .min(1)
        .optional(),
    })
    .optional(),
  /** Questions an hour, of a person and in a channel of a chat. */
  quotas: QuotaOptions.prefault({}),
  pipeline: PipelineOptions.prefault({}),
  worker: z
    .strictObject({
      /** One diagnosis each; the pipeline needs up to some hundred megabytes per process. */
      processes: z
        .number()
        .int()
        .min(1)
        .max(64)
        .default(() => Math.max(1, Math.min(4, availableParallelism() - 1))),
      /** Questions taken off the queue at once; as many as there are processes where it is not given. */
      concurrency: z.number().int().min(1).max(256).optional(),
    })
    .prefault({}),
  jobs: z
    .strictObject({
      /** A program that has not been heard of for so long has lost what it was at to others. */
      takeOverSeconds: z.number().min(1).max(600).default(15),
    })
    .prefault({}),
});

export const Config = Keys.superRefine(({ access, sources }, context) => {
  const names = sources.map(sourceName);
  for (const { path } of unknownSources(access, names)) {
    context.addIssue({
      code: "custom",
      path: [...path],
      message: `is no source; there is ${names.join(", ")}`,
    });
  }
});
export type Config = z.infer<typeof Config>;

/**
 * The configuration: of the file `path`, else of the one that LOCALEXPERT_CONFIG names, else of
 * ./localexpert.yaml where there is one, else the defaults; REDIS_URL and LOCALEXPERT_STATE in the
 * environment win over it. Paths in a file are relative to that file.
 *
 * Throws: BotError "config-invalid", with every problem there is.
 */
export function loadConfig({ path }: { path?: string } = {}): Config {
  const named = path ?? setting("LOCALEXPERT_CONFIG");
  const by = path !== undefined ? "--config" : "LOCALEXPERT_CONFIG";
  const file = resolve(named ?? defaultFile);
  const text = readConfigFile(file, named === null ? null : by);
  const raw = text === null ? {} : parseYaml(file, text);

  const url = setting("REDIS_URL");
  const state = setting("LOCALEXPERT_STATE");
  const problems = secretsIn(raw);
  const redis = raw.redis;
  const others = url === null ? [] : ["sentinel", "cluster"].filter((key) => isGroup(redis) && key in redis);
  for (const other of others) {
    problems.push(
      `redis.${other}: REDIS_URL in the environment names another server; unset it, or remove redis.${other}`,
    );
  }
  const merged = {
    ...raw,
    ...(url === null || others.length > 0 ? {} : { redis: { ...(isGroup(redis) ? redis : {}), url } }),
    ...(state === null ? {} : { stateFolder: resolve(state) }),
  };
  const parsed = Config.safeParse(merged);
  if (!parsed.success) problems.push(...problemsOf(parsed.error, Config, merged));
  if (!parsed.success || problems.length > 0) {
    const where = text === null ? "The environment" : file;
    throw invalid(
      `${where} has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:`,
      problems,
    );
  }
  const config = parsed.data;
  const base = dirname(file);
  return {
    ...config,
    stateFolder: resolve(base, config.stateFolder),
    sources: config.sources.map((source) => withPathsFrom(base, source)),
    ...(config.model === undefined ? {} : { model: withPaths(config.model, base) }),
    ...(config.slack === undefined ? {} : { slack: withSecretFrom(base, config.slack) }),
    ...(config.teams === undefined ? {} : { teams: withSecretFrom(base, config.teams) }),
  };
}

function withPaths(model: ModelOptions, base: string): ModelOptions {
  return { ...model, knowledge: model.knowledge.map((folder) => resolve(base, folder)) };
}

/** The key of a model server, from the variable that `model.key.env` names. */
export function modelKey(variable: string): string | null {
  return setting(variable);
}

/** A copy in which the folder of a source, and the files of its secrets and certificates, are paths from `base`. */
function withPathsFrom<Source extends object>(base: string, source: Source): Source {
  const copy: Source = structuredClone(source);
  if ("path" in copy && typeof copy.path === "string") {
    Object.assign(copy, { path: resolve(base, copy.path) });
  }
  // Beside a source's own keys, those of the backends in one that has several.
  for (const key of ["auth", "tls", "headers", "prometheus", "elasticsearch", "jaeger"]) {
    resolveFilesIn(base, Reflect.get(copy, key));
  }
  return copy;
}

/** A copy in which the files of secrets are paths from `base`. */
function withSecretFrom<Options extends object>(base: string, options: Options): Options {
  const copy = structuredClone(options);
  resolveFilesIn(base, copy);
  return copy;
}

function resolveFilesIn(base: string, group: unknown): void {
  if (typeof group !== "object" || group === null) return;
  for (const inner of Object.values(group)) {
    if (isGroup(inner) && typeof inner.file === "string") inner.file = resolve(base, inner.file);
    resolveFilesIn(base, inner);
  }
}

/**
 * The secret that a source's options refer to; read when it is used, and never part of the configuration.
 *
 * Throws: BotError "config-invalid" when it is not there.
 */
export function readSecret({ env, file }: SecretReference): string {
  if (env !== undefined) {
    const value = setting(env);
    if (value !== null) return value;
    throw invalid(`The environment variable ${env}, which a secret is taken from, is not set.`, []);
  }
  if (file === undefined) throw new Error("SecretReference lets nothing through that names no place");
  const text = secretIn(file);
  if (text !== "") return text;
  throw invalid(`The file ${file}, which a secret is taken from, is empty.`, []);
}

function secretIn(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const why = fileProblems[code] ?? `cannot be read (${code}).`;
    throw invalid(`The file ${file}, which a secret is taken from, ${why}`, []);
  }
}

/** Passwords of the operator's Redis. */
export function redisSecrets(): RedisSecrets {
  return { password: setting("REDIS_PASSWORD"), sentinelPassword: setting("REDIS_SENTINEL_PASSWORD") };
}

/** Whether the stack of a bug is wanted. */
export function debugging(): boolean {
  return setting("LOCALEXPERT_DEBUG") === "1";
}

/** An empty variable is one that is not set: that is how people switch one off. */
function setting(name: string): string | null {
  const value = process.env[name]?.trim();
  return value === undefined || value === "" ? null : value;
}

/** The text of the file; null when it is not there and nobody named it. */
function readConfigFile(file: string, namedBy: string | null): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" && namedBy === null) return null;
    const why = fileProblems[code] ?? `cannot be read (${code}).`;
    throw invalid(`The configuration ${file}${namedBy === null ? "" : `, named by ${namedBy},`} ${why}`, []);
  }
}

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: "does not exist. Correct the name, or leave it out to use the defaults.",
  ENOTDIR: "does not exist: a part of its path is a file.",
  EISDIR: "is a folder. Name a YAML file.",
  EACCES: "may not be read by this user. Change its permissions.",
  ERR_ENCODING_INVALID_ENCODED_DATA: "is no text (UTF-8). Name a YAML file.",
};

function parseYaml(file: string, text: string): Record<string, unknown> {
  // Loaded only where there is a file: most first questions are asked without one.
  const yaml: typeof import("yaml") = createRequire(import.meta.url)("yaml");
  const document = yaml.parseDocument(text);
  if (document.errors.length > 0) {
    throw invalid(
      `${file} is no valid YAML:`,
      document.errors.map(({ message }) => message.split("\n")[0] ?? message),
    );
  }
  const raw = toPlain(document, file);
  if (raw === null) {
    throw invalid(
      `${file} is empty. Write at least one key into it, or remove it (docs/configuration.md).`,
      [],
    );
  }
  if (!isGroup(raw)) throw invalid(`${file} must hold keys and values, such as "timeZone: UTC".`, []);
  return raw;
}

/** Throws when aliases blow the document up: the library's guard against "billion laughs". */
function toPlain(document: { toJS(): unknown }, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw invalid(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, []);
  }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(headline: string, problems: readonly string[]): BotError {
  return new BotError("config-invalid", [headline, ...problems.map((problem) => `  ${problem}`)].join("\n"));
}
