/** What Kubernetes makes generated names of: no vowels, and no digits that look like them. */
const generated = "[bcdfghjklmnpqrstvwxz2456789]";

/** Ends of pod names, the longest first: of a Deployment, a StatefulSet or Job, a DaemonSet. */
const podEnds = [`-${generated}{6,10}-${generated}{5}$`, "-[0-9]+$", `-${generated}{5}$`] as const;

/** SQL for the workload of a pod: its name without what Kubernetes put at its end, which is one of the three. */
export function podWorkloadSql(pod: string): string {
  const cases = podEnds.map(
    (end) => `WHEN regexp_matches(${pod}, '${end}') THEN regexp_replace(${pod}, '${end}', '')`,
  );
  return `CASE ${cases.join(" ")} ELSE ${pod} END`;
}
