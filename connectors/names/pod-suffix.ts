/** Kubernetes makes suffixes of these only: no vowels, so that they spell no words, and no digits that look like them. */
const letters = "[bcdfghjklmnpqrstvwxz2456789]";

/** What Kubernetes puts at the end of a pod's name, as regular expressions of both JavaScript and RE2. */
const podSuffixes = [
  // Deployment: name-<hash of its replica set>-<pod>
  `-${letters}{6,10}-${letters}{5}$`,
  // CronJob: name-<minutes or time>-<pod>
  `-[0-9]{8,}-${letters}{5}$`,
  // DaemonSet, Job: name-<pod>
  `-${letters}{5}$`,
  // StatefulSet: name-<ordinal>
  "-[0-9]{1,4}$",
] as const;
const expressions = podSuffixes.map((suffix) => new RegExp(`(?<=.)${suffix}`));

/** The workload that a pod belongs to: "mongodb-geo-0" is "mongodb-geo", "geo-7d4b9c6f5-x2x4z" is "geo". */
export function withoutPodSuffix(name: string): string {
  const suffix = expressions.find((one) => one.test(name));
  return suffix === undefined ? name : name.replace(suffix, "");
}

/** The same as SQL over a column of pod names. */
export function podWorkloadSql(pod: string): string {
  const cases = podSuffixes.map(
    (suffix) => `WHEN regexp_matches(${pod}, '.${suffix}') THEN regexp_replace(${pod}, '${suffix}', '')`,
  );
  return `CASE ${cases.join(" ")} ELSE ${pod} END`;
}
