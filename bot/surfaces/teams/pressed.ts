import { z } from "zod";
import type { Button } from "../../buttons.ts";
import type { CardAction, CardElement } from "./card.ts";
import { actionRows, container, paragraph, run } from "./card.ts";
import { deadRun } from "./dead-text.ts";

const longestSaid = 200;
const longestChoice = 100;

/** What a card sends back when something on it is pressed; the inputs of the card come beside ours. */
export const Pressed = z.object({
  localexpert: z.object({
    text: z.string().min(1).max(1_000),
    about: z.string().max(200).nullable(),
    corrects: z.boolean().optional(),
  }),
  service: z.string().optional().catch(undefined),
  other: z.string().optional().catch(undefined),
});
export type Pressed = z.infer<typeof Pressed>;

/** What pressing says: the button's text, or which service it was. */
export function saidBy({ localexpert: { text, corrects }, service, other }: Pressed): string {
  if (corrects !== true) return text;
  const name = [other, service].map((one) => one?.trim() ?? "").find((one) => one !== "");
  return name === undefined ? text : `it was ${name.slice(0, longestSaid)}`;
}

/** A button that says `text` about the answer to question `about`; null: about the thread's last answer. */
export function submit(title: string, text: string, about: string | null, corrects?: true): CardAction {
  const said = { text, about, ...(corrects === undefined ? {} : { corrects }) };
  return { type: "Action.Submit", title: deadRun(title), data: { localexpert: said } };
}

/** The form of a correction, hidden until it is asked for. */
export function correctionForm(
  id: string,
  { text }: Button,
  suspects: readonly string[],
  about: string,
): CardElement {
  const choices = suspects.map((name) => ({ title: deadRun(name).slice(0, longestChoice), value: name }));
  const choose: CardElement = {
    type: "Input.ChoiceSet",
    id: "service",
    label: "Which service was it?",
    placeholder: "Choose a service",
    choices,
  };
  const name: CardElement = {
    type: "Input.Text",
    id: "other",
    label: choices.length > 0 ? "Another one" : "Which service was it?",
    placeholder: "Its name",
    maxLength: longestSaid,
  };
  return container(
    [
      paragraph([run("Which service was really at fault?", { weight: "Bolder" })]),
      ...(choices.length > 0 ? [choose] : []),
      name,
      ...actionRows([submit("Send correction", text, about, true)]),
    ],
    { id, isVisible: false, style: "emphasis" },
  );
}
