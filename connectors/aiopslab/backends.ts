import { ElasticsearchOptions } from "../logs/elasticsearch-options.ts";
import { PrometheusOptions } from "../prometheus/options.ts";
import { JaegerOptions } from "../traces/jaeger-options.ts";
import type { AiopslabOptions } from "./options.ts";

/** Where AIOpsLab itself looks for them: its observer's port-forwards and its monitor_config.yaml. */
const ports = { prometheus: 32_000, elasticsearch: 9200, jaeger: 16_686 } as const;
const podName = "kubernetes.pod.name";

/** The backends of an AIOpsLab cluster as sources of their own, so that one that is away is one gap. */
export function aiopslabBackends({ name, namespace, host, ...backends }: AiopslabOptions) {
  const at = (backend: keyof typeof ports) => {
    const named = backends[backend] ?? {};
    const url = `http://${host}:${ports[backend]}`;
    return named === false ? [] : [{ name: `${name} ${backend}`, url, ...named }];
  };
  return [
    ...at("prometheus").map((common) =>
      PrometheusOptions.parse({
        ...common,
        type: "prometheus",
        selector: { namespace },
        // Pods by cAdvisor and kube-state-metrics; what the applications themselves export in the cluster.
        presets: ["kubernetes", "opentelemetry", "http"],
      }),
    ),
    ...at("elasticsearch").map((common) =>
      ElasticsearchOptions.parse({
        ...common,
        type: "elasticsearch",
        index: "logstash-*",
        selector: { "kubernetes.namespace": namespace },
        // By the pod, as the metrics are: its labels differ between AIOpsLab's applications.
        fields: { service: [podName, "kubernetes.container.name"], instance: [podName] },
      }),
    ),
    // One for each application, in its namespace.
    ...at("jaeger").map((common) => JaegerOptions.parse({ ...common, type: "jaeger" })),
  ];
}
