import { startEmbeddedRedis } from "../../jobs/embedded-redis.ts";

/** A program that uses the private Redis of the folder it is given, until its input ends or it is killed. */
const [stateFolder = ""] = process.argv.slice(2);
const redis = await startEmbeddedRedis({ stateFolder });
process.stdout.write(`${redis.socketPath}\n`);
process.stdin.on("end", () => {
  void redis.close().then(() => process.exit(0));
});
process.stdin.resume();
