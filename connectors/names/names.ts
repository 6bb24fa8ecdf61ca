import type { NamesOptions } from "./options.ts";
import { withoutPodSuffix } from "./pod-suffix.ts";

/** Labels, resource attributes or log fields; dots and underscores in keys mean the same. */
export type Labels = Readonly<Record<string, string | undefined>>;

/**
 * Whom telemetry is about: `target`, the process that it was taken from, or `pod`, a pod or container that
 * an exporter reports on (cAdvisor, kube-state-metrics), whose own `job` and `instance` say nothing.
 */
export type Subject = "target" | "pod";

export interface Named {
  readonly service: string;
  readonly instance: string | null;
  /** The label that the service was read from. */
  readonly label: string;
}

/** One naming over all sources, so that a pod's metrics and a service's traces meet. */
export interface Names {
  /** null where no label names a service. `first` are labels to be asked before the usual ones. */
  resolve(labels: Labels, subject?: Subject, first?: readonly string[]): Named | null;
  /** True where telemetry is to be taken by its own names: nothing is called otherwise. */
  readonly asTheyAre: boolean;
  /** The service that a source means by `name`. */
  serviceOf(name: string): string;
  /** The service's name and everything else it is called, for queries by name. */
  namesOf(service: string): readonly string[];
}

const pod = [
  "pod",
  "pod_name",
  "k8s_pod_name",
  "kubernetes_pod_name",
  "container_label_io_kubernetes_pod_name",
];
const workload = ["k8s_deployment_name", "k8s_statefulset_name", "k8s_daemonset_name", "workload"];
const container = [
  "container_label_com_docker_compose_service",
  "container",
  "k8s_container_name",
  "kubernetes_container_name",
  "container_name",
  "name",
];
const serviceLabels: Readonly<Record<Subject, readonly string[]>> = {
  target: [
    ...["service_name", "app", "app_kubernetes_io_name", "kubernetes_labels_app"],
    ...[...workload, ...pod, "service", "job", ...container],
  ],
  pod: [...workload, ...pod, ...container],
};
const instanceLabels: Readonly<Record<Subject, readonly string[]>> = {
  target: ["service_instance_id", ...pod, "instance", "host_name", "hostname"],
  pod: [...pod, ...container],
};

/** Every label that `resolve` may look at, with underscores, as Prometheus writes them. */
export function identityLabels(subject: Subject): readonly string[] {
  const plain = [...new Set([...serviceLabels[subject], ...instanceLabels[subject]])];
  // What a scrape found in the way of its own labels is kept under "exported_": it is the subject's own.
  return [...plain, "exported_pod", "exported_container", ...(subject === "target" ? ["exported_job"] : [])];
}

export function openNames({ map, aliases }: NamesOptions): Names {
  const services = new Map(Object.entries(map));
  for (const [service, others] of Object.entries(aliases)) {
    for (const other of others) services.set(other, service);
  }
  const called = new Map<string, string[]>();
  for (const [name, service] of services) called.set(service, [...(called.get(service) ?? []), name]);

  /** As it stands, or less the suffix of a pod or the namespace of a job; then as the operator says. */
  const named = (raw: string, label: string) => {
    const stripped = pod.includes(label)
      ? withoutPodSuffix(raw)
      : label === "job"
        ? raw.replace(/^.*\//, "")
        : raw;
    return services.get(raw) ?? services.get(stripped) ?? stripped;
  };
  return {
    resolve(labels, subject = "target", first = []) {
      const textOf = valuesIn(labels);
      const instance = instanceLabels[subject].map(textOf).find((value) => value !== undefined) ?? null;
      const candidates = [...first, ...serviceLabels[subject]];
      // What the operator says of any of them wins over the order.
      const said = candidates.find((label) => services.has(textOf(label) ?? ""));
      const mapped = instance === null ? undefined : services.get(instance);
      if (mapped !== undefined && said === undefined) {
        const label = instanceLabels[subject].find((one) => textOf(one) === instance) ?? "instance";
        return { service: mapped, instance, label };
      }
      const label = said ?? candidates.find((one) => isName(textOf(one)));
      const value = label === undefined ? undefined : textOf(label);
      if (label === undefined || value === undefined) return null;
      return { service: named(value, label), instance, label };
    },
    asTheyAre: services.size === 0,
    serviceOf: (name) => services.get(name) ?? name,
    namesOf: (service) => [...new Set([service, ...(called.get(service) ?? [])])],
  };
}

function valuesIn(labels: Labels): (label: string) => string | undefined {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(labels)) {
    if (value !== undefined && value !== "") values.set(key.replaceAll(".", "_"), value);
  }
  return (label) => values.get(`exported_${label}`) ?? values.get(label);
}

/** Not what OpenTelemetry and Kubernetes write where they have no name. */
function isName(value: string | undefined): boolean {
  return value !== undefined && !/^unknown_service/.test(value) && value !== "POD";
}
