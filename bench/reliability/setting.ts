import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { recordedIncidents, shiftIncident } from "../../testbed/incidents.ts";
import { freePort } from "./local-http.ts";
import { type ModelServer, openModelServer } from "./model-server.ts";
import { type Program, startProgram } from "./program.ts";
import { type Fsync, type RedisProcess, startRedis } from "./redis-process.ts";
import { openSlackWorkspace, type SlackWorkspace } from "./slack-workspace.ts";

export interface SettingOptions {
  readonly bots: number;
  readonly workers: number;
  readonly fsync: Fsync;
  /** Whether a language model explains. */
  readonly withModel: boolean;
  /** Prepares the state folder for workers whose pipeline answers at once (stand-in-worker.ts); without it they diagnose. */
  readonly standIn?: (folder: string) => Promise<void>;
}

/** Everything that runs: bots and workers on one Redis, the chat, the model and the telemetry around them. */
export interface Setting {
  readonly redis: RedisProcess;
  /** The bench's own connection. */
  readonly client: Redis;
  readonly workspace: SlackWorkspace;
  readonly model: ModelServer;
  readonly bots: readonly (Program & { readonly port: number })[];
  readonly workers: readonly Program[];
  readonly signingSecret: string;
  /** Takes the telemetry away, or gives it back. */
  hideSource(isHidden: boolean): Promise<void>;
  close(): Promise<void>;
}

const signingSecret = "of-the-bench-alone";
const incidentName = "rate-buggy-deploy";
const standInWorker = fileURLToPath(new URL("./stand-in-worker.js", import.meta.url));
/** Short, so that a run with a takeover in it is. */
export const takeOverMs = 3_000;

/** Starts all of it in a folder of its own, which is gone after `close`. */
export async function openSetting(options: SettingOptions): Promise<Setting> {
  const { bots, workers, fsync, withModel, standIn } = options;
  const folder = await mkdtemp(join(tmpdir(), "localexpert-reliability-"));
  const closers: (() => Promise<unknown>)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  ];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const telemetry = join(folder, "telemetry");
    await copyIncident(telemetry);
    await mkdir(join(folder, "redis"));
    const redis = await startRedis(join(folder, "redis"), fsync);
    closers.push(() => redis.close());
    const client = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    client.on("error", () => undefined);
    closers.push(async () => client.disconnect());
    const workspace = await openSlackWorkspace();
    closers.push(() => workspace.close());
    const model = await openModelServer();
    closers.push(() => model.close());
    await writeFile(join(folder, "bot-token"), "xoxb-of-the-bench");
    await writeFile(join(folder, "signing-secret"), signingSecret);
    const common = {
      stateFolder: folder,
      timeZone: "UTC",
      redis: { url: redis.url },
      sources: [{ type: "files", path: telemetry, name: incidentName }],
      ...(withModel ? { model: { url: model.url, name: "stand-in", retries: 1 } } : {}),
      access: "open",
      quotas: { userPerHour: 100_000, channelPerHour: 100_000 },
      worker: { processes: 1 },
      jobs: { takeOverSeconds: takeOverMs / 1_000 },
    };
    const mayEnd = redis.wasAway;
    const programs: Program[] = [];
    closers.push(() => Promise.all(programs.map((program) => program.close())));
    const openBots = [];
    for (let number = 1; number <= bots; number++) {
      const port = await freePort();
      const slack = {
        botToken: { file: "bot-token" },
        http: { signingSecret: { file: "signing-secret" }, host: "127.0.0.1", port },
        apiUrl: workspace.apiUrl,
        timeoutSeconds: 5,
      };
      const configFile = await writtenConfig(folder, `bot-${number}`, { ...common, slack });
      const bot = startProgram({ role: "bot", name: `bot ${number}`, configFile, mayEnd });
      programs.push(bot);
      openBots.push({ ...bot, port });
    }
    const configFile = await writtenConfig(folder, "worker", common);
    await standIn?.(folder);
    const words = standIn === undefined ? {} : { words: [standInWorker, configFile] };
    const openWorkers = Array.from({ length: workers }, (_, index) =>
      startProgram({ role: "worker", name: `worker ${index + 1}`, configFile, mayEnd, ...words }),
    );
    programs.push(...openWorkers);
    await Promise.all(programs.map((program) => program.ready()));
    return {
      redis,
      client,
      workspace,
      model,
      bots: openBots,
      workers: openWorkers,
      signingSecret,
      hideSource: (isHidden) =>
        isHidden ? rename(telemetry, `${telemetry}-away`) : rename(`${telemetry}-away`, telemetry),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** JSON is YAML. */
async function writtenConfig(folder: string, name: string, config: object): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function copyIncident(folder: string): Promise<void> {
  const incident = (await recordedIncidents()).find(({ name }) => name === incidentName);
  if (incident === undefined) throw new Error(`The recorded incident ${incidentName} is not there.`);
  await shiftIncident(incident, folder, Date.now());
}
