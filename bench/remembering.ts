import type { Fetched, Inventory, Toolbox } from "../pipeline/ports.ts";
import { everyFetch, type Fetch, withFetch } from "./with-fetch.ts";

const mostKept = 6;

/** The same toolbox, which reads nothing twice: the last few queries of each source are kept. */
export function remembering(toolbox: Toolbox): Toolbox {
  return {
    ...withFetch(toolbox, everyFetch(kept)),
    inventories: toolbox.inventories.map(({ name, inventory }) => {
      let known: Promise<Inventory> | null = null;
      return {
        name,
        inventory: (signal) => {
          known ??= inventory(signal);
          return known;
        },
      };
    }),
  };
}

function kept<Item>(fetch: Fetch<Item>): Fetch<Item> {
  const answers = new Map<string, Promise<Fetched<Item>>>();
  return (query, signal) => {
    const key = JSON.stringify(query);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const [oldest] = answers.keys();
    if (answers.size >= mostKept && oldest !== undefined) answers.delete(oldest);
    const answer = fetch(query, signal);
    answers.set(key, answer);
    return answer;
  };
}
