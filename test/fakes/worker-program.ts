import { redisStore } from "../../connectors/store/redis-store.ts";
import { diagnosePool } from "../../jobs/diagnose-pool.ts";
import { startDiagnoseWorker } from "../../jobs/diagnose-worker.ts";
import { connectRedis } from "../../jobs/redis-connection.ts";
import { noMemory } from "./incident-memory.ts";

/** A program with a worker on the Redis at a socket, whose jobs go to another one a second after it died. */
const [path = "", queueName = "", runsFile = ""] = process.argv.slice(2);
const connections = await connectRedis({ kind: "socket", path });
const pool = diagnosePool({
  processFile: new URL("./fake-diagnose-process.ts", import.meta.url),
  processData: { runsFile },
  processes: 1,
});
startDiagnoseWorker({
  queueName,
  connections,
  store: redisStore(connections.client, { prefix: connections.prefix, retentionMs: 60_000 }),
  memory: noMemory,
  pool,
  concurrency: 1,
  lockMs: 1_000,
});
