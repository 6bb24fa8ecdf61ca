import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { openNames } from "../../../../connectors/names/names.ts";
import { podWorkloadSql, withoutPodSuffix } from "../../../../connectors/names/pod-suffix.ts";

const names = openNames({ map: {}, aliases: {} });

describe("the workload of a pod", () => {
  it.each([
    ["geo-7d4b9c6f5-x2x4z", "geo"],
    ["mongodb-geo-6c9bdf8d7c-zq4kd", "mongodb-geo"],
    ["mongodb-geo-0", "mongodb-geo"],
    ["node-exporter-xk2vd", "node-exporter"],
    ["backup-28384920-bcdfg", "backup"],
    ["compose-post-service", "compose-post-service"],
    ["geo", "geo"],
    ["memcached-reserve", "memcached-reserve"],
    ["user-mongo-cache", "user-mongo-cache"],
    ["cassandra-24689", "cassandra"],
    ["-x2x4z", "-x2x4z"],
    ["shop-12345", "shop-12345"],
  ])("%s is %s, in a query of files as elsewhere", async (pod, workload) => {
    const database = await DuckDBInstance.create(":memory:");
    const connection = await database.connect();
    const [[bySql] = []] = (
      await connection.runAndReadAll(`SELECT ${podWorkloadSql("pod")} FROM (SELECT '${pod}' AS pod)`)
    ).getRows();
    connection.closeSync();
    database.closeSync();

    expect(withoutPodSuffix(pod)).toBe(workload);
    expect(bySql).toBe(workload);
  });
});

describe("the service that labels name", () => {
  it.each([
    [
      "OpenTelemetry's attributes",
      { "service.name": "geo", "service.instance.id": "i-1", job: "x" },
      "geo",
      "i-1",
    ],
    ["the same as labels", { service_name: "geo", service_instance_id: "i-1" }, "geo", "i-1"],
    ["a job with its namespace", { job: "shop/geo", instance: "i-1" }, "geo", "i-1"],
    [
      "a scraped pod",
      { job: "pods", pod: "geo-7d4b9c6f5-x2x4z", instance: "10.0.0.1:80" },
      "geo",
      "geo-7d4b9c6f5-x2x4z",
    ],
    ["job and instance alone", { job: "geo", instance: "10.0.0.1:80" }, "geo", "10.0.0.1:80"],
    ["a name that was never set", { service_name: "unknown_service:node", job: "geo" }, "geo", null],
  ])("%s", (_what, labels, service, instance) => {
    expect(names.resolve(labels)).toMatchObject({ service, instance });
  });

  it("is the pod that an exporter reports on, not the exporter", () => {
    const labels = { job: "kubelet", instance: "node-1:10250", service: "kubelet", namespace: "hotel" };

    expect(names.resolve({ ...labels, pod: "mongodb-geo-0", container: "mongo" }, "pod")).toEqual({
      service: "mongodb-geo",
      instance: "mongodb-geo-0",
      label: "pod",
    });
    expect(
      names.resolve({ ...labels, exported_pod: "geo-7d4b9c6f5-x2x4z", pod: "ksm-0" }, "pod")?.service,
    ).toBe("geo");
    expect(names.resolve({ job: "cadvisor", name: "geo" }, "pod")?.service).toBe("geo");
    expect(names.resolve({ job: "kubelet", instance: "node-1:10250" }, "pod")).toBeNull();
  });

  it("is what the operator says, and never that of a name which only contains it", () => {
    const told = openNames({
      map: { "10.0.0.7:9187": "postgres", "geo-db-0": "mongodb-geo" },
      aliases: { geo: ["geo-svc", "srv-geo"] },
    });

    expect(told.resolve({ job: "exporters", instance: "10.0.0.7:9187" })?.service).toBe("postgres");
    expect(told.resolve({ pod: "geo-db-0" }, "pod")?.service).toBe("mongodb-geo");
    expect(told.resolve({ service_name: "srv-geo" })?.service).toBe("geo");
    expect(told.resolve({ pod: "geo-svc-7d4b9c6f5-x2x4z" }, "pod")?.service).toBe("geo");
    expect(told.resolve({ pod: "mongodb-geo-0" }, "pod")?.service).toBe("mongodb-geo");
    expect(told.serviceOf("geo-svc")).toBe("geo");
    expect(told.serviceOf("mongodb-geo-svc")).toBe("mongodb-geo-svc");
    expect(told.namesOf("geo")).toEqual(["geo", "geo-svc", "srv-geo"]);
  });

  it("is the label that the source names, before all others", () => {
    expect(
      names.resolve({ team_service: "geo", service_name: "x" }, "target", ["team_service"])?.service,
    ).toBe("geo");
  });

  it("is nobody where nothing names one", () => {
    expect(names.resolve({ namespace: "hotel", job: "" })).toBeNull();
  });
});
