import { withoutPodSuffix } from "../names/pod-suffix.ts";

/** What the telemetry of one resource is filed under. */
export interface ResourceNames {
  readonly service: string;
  readonly instance: string | null;
}

const serviceKeys = [
  "service.name",
  "k8s.deployment.name",
  "k8s.statefulset.name",
  "k8s.daemonset.name",
] as const;
const instanceKeys = ["k8s.pod.name", "service.instance.id", "host.name"] as const;
/** What the SDKs write where nobody named the service. */
const unnamed = /^unknown_service(:|$)/;

/** By OpenTelemetry's resource attributes; null where they name no service. */
export function resourceNames(attributes: ReadonlyMap<string, string>): ResourceNames | null {
  const find = (keys: readonly string[]) => {
    const key = keys.find((one) => attributes.has(one) && !unnamed.test(attributes.get(one) ?? ""));
    return key === undefined ? null : (attributes.get(key) ?? null);
  };
  const pod = attributes.get("k8s.pod.name");
  const byPlace = pod === undefined ? find(["k8s.container.name"]) : withoutPodSuffix(pod);
  const service = find(serviceKeys) ?? byPlace ?? attributes.get("service.name") ?? null;
  return service === null ? null : { service, instance: find(instanceKeys) };
}
