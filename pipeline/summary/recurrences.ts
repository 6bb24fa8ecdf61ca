import type { Recurrence } from "../incident-summary.ts";

/** How often each service broke in this period and in the one before, most often first. */
export function recurrences(now: readonly string[], before: readonly string[]): Recurrence[] {
  const services = [...new Set([...now, ...before])];
  const times = (list: readonly string[], service: string) => list.filter((one) => one === service).length;
  return services
    .map((service) => ({ service, now: times(now, service), before: times(before, service) }))
    .sort((a, b) => b.now - a.now || b.before - a.before || (a.service < b.service ? -1 : 1));
}
