import { once } from "node:events";
import { loadConfig } from "../../config.ts";
import { startService } from "../../service.ts";

/** `localexpert start --role worker` with a pipeline that answers at once (stand-in-process.ts). */
const [path = ""] = process.argv.slice(2);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const service = await startService(loadConfig({ path }), {
  role: "worker",
  openSurfaces: () => [],
  onTrouble: (what, error) => void process.stderr.write(`${what} ${String(error)}\n`),
  diagnosing: { file: new URL("./stand-in-process.js", import.meta.url) },
});
process.stdout.write("LocaleXpert runs as worker, with a stand-in for its pipeline.\n");
if (!stop.signal.aborted) await once(stop.signal, "abort");
await service.close();
process.exit(130);
