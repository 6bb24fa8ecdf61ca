import { z } from "zod";

const Text = z.string().max(100_000);
const Id = z.string().min(1).max(1_000);
/** A field that is wrong is one that is not there: unknown clients add and change what is optional. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

const Account = z.object({
  id: Id,
  role: optional(Text),
  aadObjectId: optional(Text),
  tenantId: optional(Text),
});

const Mention = z.object({ type: z.literal("mention"), text: Text, mentioned: z.object({ id: Id }) });
const ClientInfo = z.object({ type: z.literal("clientInfo"), timezone: Text });

/** What arrives from Teams, as far as we read it. */
export const Activity = z.object({
  type: z.string().min(1).max(100),
  channelId: z.string().max(100),
  serviceUrl: z.url({ protocol: /^https?$/, hostname: /./ }).max(1_000),
  id: optional(Id),
  name: optional(Text),
  timestamp: optional(Text),
  localTimezone: optional(Text),
  from: optional(Account),
  recipient: optional(Account),
  conversation: z.object({
    id: Id,
    conversationType: optional(Text),
    tenantId: optional(Text),
    isGroup: optional(z.boolean()),
  }),
  text: optional(Text),
  replyToId: optional(Id),
  entities: optional(
    z
      .array(z.unknown())
      .max(1_000)
      .transform((entities) => ({
        mentions: entities.flatMap((one) => Mention.safeParse(one).data ?? []),
        timeZone: entities.map((one) => ClientInfo.safeParse(one).data?.timezone).find((zone) => zone),
      })),
  ),
  value: z.unknown().optional(),
  channelData: optional(
    z.object({
      tenant: optional(z.object({ id: Id })),
      channel: optional(z.object({ id: optional(Id), type: optional(Text) })),
      eventType: optional(Text),
    }),
  ),
});
export type Activity = z.infer<typeof Activity>;
