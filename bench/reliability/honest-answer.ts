/** A sentence as the answer schemas have it. */
interface Said {
  readonly text: string;
  readonly evidence: readonly string[];
}

/**
 * What a careful model would answer to one of our prompts: sentences that the prompt's own evidence holds, in
 * the shape that the prompt asks for. `name` is the prompt's id.
 */
export function honestAnswer(name: string, user: string): object {
  const items = [...user.matchAll(/^([a-z]+-\d+): (.*)$/gm)].map(([, id = "", text = ""]) => ({ id, text }));
  const observed = items.filter(({ id }) => /^(metric|trace|log)-/.test(id)).slice(0, 3);
  const candidate = items.find(({ id }) => id === "candidate-1") ?? items[0];
  const service = /^([^\s,.]+)/.exec(candidate?.text ?? "")?.[1] ?? "";
  const observation = observed.map(({ id, text }) => said(firstSentence(text), id));
  const reasoning = [
    said("What changed first and by itself comes before what only waits for it."),
    said(`${service} stands out by itself.`, candidate?.id),
  ];
  const finalAnswer = [said(`The root cause is ${service}.`, candidate?.id)];
  switch (name) {
    case "log-filter":
      return {
        services: observed.slice(0, 1).map(({ id, text }) => ({
          service: /in the logs of ([^\s:]+)/.exec(text)?.[1] ?? "",
          evidence: [id],
        })),
      };
    case "follow-up": {
      const facts = items.filter(({ id }) => id.startsWith("fact-")).slice(0, 3);
      return { answer: facts.map(({ id, text }) => said(firstSentence(text), id)) };
    }
    case "thread-summary":
      return { summary: ["Somebody asked on about the answer."] };
    case "failure-localization-expert":
      return {
        observation,
        reasoning,
        finalAnswer,
        causes: ["candidate-1"],
        propagation: [],
        wouldConfirm: [said("A restart that helps only for a while would confirm it.")],
        tryFirst: [said("Look at what was deployed last.")],
        uncertainty: [],
        inconclusive: false,
      };
    default:
      return { observation, reasoning, finalAnswer, inconclusive: false };
  }
}

function said(text: string, id?: string): Said {
  return { text, evidence: id === undefined ? [] : [id] };
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/.exec(text)?.[0] ?? text;
}
