import { readFile } from "node:fs/promises";
import { z } from "zod";
import { findFault } from "./faults.ts";
import { messageOf } from "./request.ts";
import { TestbedError } from "./testbed-error.ts";

/** One incident to record: `testbed/plans/*.json`. */
const RecordPlan = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, "write it in small letters, digits and hyphens"),
  /** For whoever chooses among recorded incidents. */
  description: z.string().min(1),
  fault: z.strictObject({
    type: z.string(),
    target: z.string(),
    /** Of the fault's usual strength, for leaks that shall take their time. */
    share: z.number().positive().max(1).default(1),
  }),
  /** What the demo asks first. */
  question: z.string().min(1),
  seed: z.int().default(7),
  requestsPerSecond: z.number().positive().default(1.5),
  metricStepSeconds: z.number().positive().default(15),
  traceShare: z.number().min(0).max(1).default(1),
  warmUpSeconds: z.number().nonnegative().default(30),
  normalMinutes: z.number().positive().default(31),
  faultMinutes: z.number().positive().default(10),
});
export type RecordPlan = z.infer<typeof RecordPlan>;

/** Throws: TestbedError when the file cannot be read or is no plan; the message names every problem. */
export async function readPlan(path: string): Promise<RecordPlan> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new TestbedError(`The plan ${path} cannot be read: ${messageOf(cause)}.`, { cause });
  }
  const parsed = RecordPlan.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: at, message }) => `${at.join(".") || "top level"}: ${message}`,
    );
    throw new TestbedError(`${path} is no plan (docs/testbed.md has the format): ${problems.join("; ")}`);
  }
  findFault(parsed.data.fault.type, parsed.data.fault.target);
  return parsed.data;
}
