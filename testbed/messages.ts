import type { ServiceName } from "./hotel.ts";

/** Where the instances of a service, or the server of a store, listen: "127.0.0.1:PORT" each. */
export type Routes = Readonly<Record<string, readonly string[]>>;

/** What goes wrong inside of a service's own process. */
export type Defect =
  | { readonly kind: "burn"; readonly share: number }
  | { readonly kind: "leak"; readonly megabytesPerSecond: number }
  | { readonly kind: "block"; readonly blockedMs: number; readonly everyMs: number }
  | { readonly kind: "hold-connections"; readonly perSecond: number }
  | { readonly kind: "wrong-value" }
  | { readonly kind: "throw"; readonly share: number }
  | { readonly kind: "repeat-queries"; readonly times: number }
  | { readonly kind: "crash"; readonly afterMs: number };

/** What a service's process is started with, as its one argument. */
export interface ServiceOptions {
  readonly service: ServiceName;
  readonly instance: string;
  readonly version: string;
  readonly port: number;
  readonly routes: Routes;
  readonly telemetry: TelemetryOptions;
  readonly defect: Defect | null;
}

export interface TelemetryOptions {
  /** The recording's folder. */
  readonly folder: string;
  readonly metricStepMs: number;
  /** Of the requests, those that are traced. */
  readonly traceShare: number;
  readonly writesOtlp: boolean;
  /** A collector to send everything to as well, such as http://127.0.0.1:4318. */
  readonly endpoint: string | null;
}

export type ServiceCommand =
  | { readonly kind: "routes"; readonly routes: Routes }
  | { readonly kind: "defect"; readonly defect: Defect | null }
  | { readonly kind: "stop" };

export type ServiceReport =
  | { readonly kind: "ready" }
  | { readonly kind: "cannot-listen"; readonly problem: string }
  | { readonly kind: "cannot-record"; readonly problem: string };
