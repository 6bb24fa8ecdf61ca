import { z } from "zod";

const Json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is no JSON" });
    return z.NEVER;
  }
});

/** What was saved as JSON; null where another version saved it and it cannot be read. */
export function readSaved<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  const parsed = Json.pipe(schema).safeParse(text);
  return parsed.success ? parsed.data : null;
}
