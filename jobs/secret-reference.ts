import { z } from "zod";

/** Where a secret of a chat or a source lies: an environment variable, or a file (a mounted secret). Never the secret itself. */
export const SecretReference = z
  .strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable")
      .optional(),
    file: z.string().min(1).optional(),
  })
  .refine(({ env, file }) => (env === undefined) !== (file === undefined), {
    error: "must name either env or file",
  });
export type SecretReference = z.infer<typeof SecretReference>;
