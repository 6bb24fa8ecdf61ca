import { z } from "zod";
import { plain } from "./block.ts";
import type { ViewSubmission } from "./payload-schemas.ts";

/** What a modal must remember while somebody fills it in. */
const Correction = z.object({
  /** The surface's own id of the thread. */
  thread: z.string().regex(/^[A-Z0-9]+\/[A-Z0-9]+\/[0-9.+]*$/),
  /** The question whose answer was wrong. */
  about: z.string(),
  suspects: z.array(z.string()),
});
export type Correction = z.infer<typeof Correction>;

const longestName = 75;

/** A modal that asks which service was at fault: one of the suspects, or any other. */
export function correctionView({ thread, about, suspects }: Correction): object {
  const options = suspects
    .filter((name) => name !== "" && name.length <= longestName)
    .map((name) => ({ text: plain(name), value: name }));
  return {
    type: "modal",
    callback_id: "correct",
    private_metadata: JSON.stringify({ thread, about, suspects: [] } satisfies Correction),
    title: plain("What was it?", 24),
    submit: plain("Send", 24),
    close: plain("Cancel", 24),
    blocks: [
      ...(options.length === 0
        ? []
        : [
            {
              type: "input",
              block_id: "suspect",
              optional: true,
              label: plain("The service at fault"),
              element: {
                type: "static_select",
                action_id: "suspect",
                placeholder: plain("Choose a service"),
                options,
              },
            },
          ]),
      {
        type: "input",
        block_id: "service",
        optional: options.length > 0,
        label: plain(options.length > 0 ? "Or another one" : "The service at fault"),
        element: { type: "plain_text_input", action_id: "service", max_length: 200 },
      },
    ],
  };
}

/** What was filled in; what is typed wins over what is chosen. `correction` null: no modal of this bot. */
export function correctionIn({ view }: ViewSubmission): {
  readonly correction: Correction | null;
  readonly service: string;
} {
  const { suspect, service } = view.state.values;
  const typed = service?.service?.value?.trim() ?? "";
  const chosen = suspect?.suspect?.selected_option?.value ?? "";
  const kept = Correction.safeParse(parsed(view.private_metadata));
  return { correction: kept.success ? kept.data : null, service: typed === "" ? chosen : typed };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
