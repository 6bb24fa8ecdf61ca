import type { Asked } from "./asked.ts";
import type { Setting } from "./setting.ts";
import type { WorkspaceMessage } from "./slack-workspace.ts";

/** Whether every question shows something final, and nothing is left to do. */
export async function isQuiet(questions: readonly Asked[], { workspace, client }: Setting): Promise<boolean> {
  const isAnswered = ({ key }: Asked) =>
    workspace.messages.some((message) => message.key === key && message.finalAt !== null);
  if (!questions.every(isAnswered)) return false;
  return (await leftovers(client)).length === 0;
}

/** What is still to be done, by what Redis holds: open questions and lanes that are not empty. */
export async function leftovers(client: Setting["client"]): Promise<string[]> {
  const left: string[] = [];
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "MATCH", "localexpert:*", "COUNT", 1_000);
    cursor = next;
    for (const key of keys) {
      if (/:lane:[^:]+:[0-9a-f]+$/.test(key) || /:questions:[^:]+:(open|line:.*)$/.test(key)) left.push(key);
    }
  } while (cursor !== "0");
  return left;
}

/** What is not as it was promised about these questions, in words. */
export function brokenPromises(
  questions: readonly Asked[],
  { workspace }: Pick<Setting, "workspace">,
): string[] {
  return questions.flatMap((question) => {
    const { key, mention, after } = question;
    const found = workspace.messages.filter((message) => message.key === key);
    const firsts = found.filter(({ part }) => part === 0);
    const broken: string[] = [];
    if (firsts.length !== 1) broken.push(`${key} has ${firsts.length} messages`);
    if (new Set(found.map(({ part }) => part)).size !== found.length) broken.push(`${key} has a part twice`);
    if (found.some(({ thread }) => thread !== (mention.thread ?? mention.ts)))
      broken.push(`${key} in another thread`);
    if (found.some(({ shows }) => shows === "progress")) broken.push(`${key} still says that it works`);
    if (found.some(({ refinals }) => refinals > 0)) broken.push(`${key} was answered in two ways`);
    if (after !== null && !comesAfter(firsts[0], finalOf(after, workspace.messages))) {
      broken.push(`${key} overtook the question before it`);
    }
    return broken;
  });
}

function finalOf({ key }: Asked, messages: readonly WorkspaceMessage[]): WorkspaceMessage | undefined {
  return messages.find((message) => message.key === key && message.part === 0);
}

function comesAfter(later: WorkspaceMessage | undefined, earlier: WorkspaceMessage | undefined): boolean {
  if (later === undefined || earlier === undefined) return true;
  return later.postedAt >= earlier.postedAt && (later.finalAt ?? 0) >= (earlier.finalAt ?? 0);
}

/** What is not as it was promised about the summaries of a schedule: its times are covered once, without gaps. */
export async function brokenSchedule(
  { client, workspace }: Setting,
  id: string,
): Promise<{ readonly fired: number; readonly broken: string[] }> {
  const keys = await client.keys(`localexpert:question:schedule-${id}-*`);
  const windows: { readonly key: string; readonly start: number; readonly end: number }[] = [];
  for (const key of keys) {
    const { askedWindow } = JSON.parse((await client.get(key)) ?? "{}");
    windows.push({ key: key.slice("localexpert:question:".length), ...askedWindow });
  }
  windows.sort((a, b) => a.end - b.end);
  const broken: string[] = [];
  for (const [index, { key, start }] of windows.entries()) {
    const before = windows[index - 1];
    if (before !== undefined && before.end !== start)
      broken.push(`${key} begins ${start - before.end} ms off`);
    const said = workspace.messages.filter((message) => message.key === key && message.part === 0).length;
    if (said !== 1) broken.push(`${key} was said ${said} times`);
  }
  return { fired: windows.length, broken };
}
