import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { findProgram, freePort } from "./programs.ts";

const fetched = fileURLToPath(new URL("../../.localexpert/test-servers/playground", import.meta.url));
const command = join(fetched, "node_modules", "@microsoft", "m365agentsplayground", "cli.js");

function browserPath(): string | null {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return names.map(findProgram).find((path) => path !== null) ?? null;
}

/** Why there is no page of Microsoft's to talk to; null where there is. */
export function missingForPlayground(): string | null {
  if (!existsSync(command)) return "Microsoft's Agents Playground is not there";
  return browserPath() === null ? "there is no Chromium" : null;
}

/** A request between the bot and the page, as the page recorded it. */
export interface Recorded {
  readonly direction: string;
  readonly activityName: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    // biome-ignore lint/suspicious/noExplicitAny: what the bot wrote, as it came over the wire
    readonly body: any;
  };
  readonly response: { readonly statusCode: number };
}

export interface Playground extends AsyncDisposable {
  readonly page: Page;
  /** All that went back and forth so far. */
  exchanged(): Recorded[];
  /** What the bot sent so far, signs of typing left out. */
  sentByBot(): Recorded[];
}

/** Microsoft's Agents Playground in a headless browser, connected to a bot at `endpoint`. */
export async function startPlayground(endpoint: string): Promise<Playground> {
  const folder = await mkdtemp(join(tmpdir(), "localexpert-playground-"));
  const words = ["start", "-e", endpoint, "-c", "msteams", "-p", String(await freePort())];
  const server = spawn(
    process.execPath,
    [command, ...words, "--enable-events-recording", "--disable-telemetry"],
    { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
  );
  const stopServer = async () => {
    const closed = once(server, "close");
    server.kill("SIGKILL");
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  let browser: Browser | null = null;
  try {
    const port = await listeningOn(server.stdout);
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await chromium.launch({ executablePath: browserPath() ?? "", args: sandbox });
    const page = await browser.newPage({ viewport: { width: 1_500, height: 1_500 } });
    page.setDefaultTimeout(15_000);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.getByText("Connected.").waitFor();
    const opened = browser;
    return {
      page,
      exchanged: () => recorded(join(folder, "devTools")),
      sentByBot: () => recorded(join(folder, "devTools")).filter(isSentByBot),
      async [Symbol.asyncDispose]() {
        await opened.close();
        await stopServer();
      },
    };
  } catch (error) {
    await browser?.close();
    await stopServer();
    throw error;
  }
}

/** The port that it says it listens on: another one where the one asked for was taken meanwhile. */
async function listeningOn(output: NodeJS.ReadableStream): Promise<string> {
  let said = "";
  for await (const chunk of output) {
    said += String(chunk);
    const port = /Listening on (\d+)/.exec(said)?.[1];
    if (port !== undefined) {
      output.resume();
      return port;
    }
  }
  throw new Error(`the Playground ended: ${said}`);
}

function recorded(folder: string): Recorded[] {
  const file = readdirSync(folder).find((name) => name.startsWith("events_recording"));
  if (file === undefined) return [];
  return readFileSync(join(folder, file), "utf8")
    .split(/^---$/m)
    .filter((text) => text.trim() !== "")
    .map((text): Recorded => JSON.parse(text));
}

function isSentByBot({ direction, activityName, request }: Recorded): boolean {
  return direction.startsWith("User Application") && activityName !== "typing" && request.method !== "GET";
}
