import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf } from "./request.ts";
import { TestbedError } from "./testbed-error.ts";

/** What a running testbed is asked for from another terminal. */
const ControlRequest = z.strictObject({
  type: z.string(),
  target: z.string(),
  seconds: z.number().positive(),
});
export type ControlRequest = z.infer<typeof ControlRequest>;

/** `line` may come several times before the end. */
const ControlReply = z.object({ line: z.string(), failed: z.boolean() });

const ControlFile = z.object({ port: z.int() });

export interface Control {
  close(): Promise<void>;
}

/** Listens on a loopback port that the file at `path` names. */
export async function openControl(
  path: string,
  act: (request: ControlRequest, say: (line: string) => void) => Promise<void>,
): Promise<Control> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (data) => {
      const say = (line: string, failed = false) => {
        if (!socket.destroyed) socket.write(`${JSON.stringify({ line, failed })}\n`);
      };
      void (async () => {
        try {
          await act(ControlRequest.parse(JSON.parse(data.toString("utf8"))), say);
        } catch (error) {
          say(messageOf(error), true);
        }
        socket.end();
      })();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the control has no port");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ port: address.port }));
  return {
    async close() {
      server.close();
      await rm(path, { force: true });
    },
  };
}

/** Asks the running testbed; each line that it says is handed on. Throws: TestbedError when none runs, or it refused. */
export async function askControl(
  path: string,
  request: ControlRequest,
  heard: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) throw noneRuns(path);
  const { port } = ControlFile.parse(JSON.parse(text));
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(JSON.stringify(request)));
    let rest = "";
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.on("data", (data) => {
      const lines = `${rest}${data.toString("utf8")}`.split("\n");
      rest = lines.pop() ?? "";
      for (const one of lines) {
        const { line, failed } = ControlReply.parse(JSON.parse(one));
        if (failed) reject(new TestbedError(line));
        else heard(line);
      }
    });
    socket.on("error", () => reject(noneRuns(path)));
    socket.on("close", () => resolve());
  });
}

function noneRuns(path: string): TestbedError {
  return new TestbedError(`No testbed runs here (${path}). Start one with "npm run testbed -- up".`);
}
