import { createRequire } from "node:module";

/** BullMQ by `require`: its ES modules take 0.03 to 0.07 s longer to load, in which somebody waits for the first stage. */
export const bullmq: typeof import("bullmq") = createRequire(import.meta.url)("bullmq");
