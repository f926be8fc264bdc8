/**
 * The metrics of the list as prom-client's instruments, by name and with their labels checked by the compiler. What is
 * counted when is decided by their users.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { METRICS, type MetricDescription, type MetricName } from "./metric-list.ts";

type Metric = (typeof METRICS)[number];
type NameOf<Type> = Extract<Metric, { readonly type: Type }>["name"];
type LabelsOf<Name extends MetricName> = Readonly<
  Record<Extract<Metric, { readonly name: Name }>["labels"][number], string>
>;

/** NaN, or a number below 0 (a clock was set back), counts as 0: measuring must not break the work it measures. */
export interface Instruments {
  readonly count: <Name extends NameOf<"counter">>(name: Name, labels: LabelsOf<Name>, by?: number) => void;
  readonly observe: <Name extends NameOf<"histogram">>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
  ) => void;
  readonly set: <Name extends NameOf<"gauge">>(name: Name, labels: LabelsOf<Name>, value: number) => void;
  /** Removes every label value of the gauge. */
  readonly reset: (name: NameOf<"gauge">) => void;
}

export function registerInstruments(registry: Registry): Instruments {
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const metric of METRICS) register(metric);

  function register(metric: MetricDescription): void {
    const { name, help, labels, buckets, values } = metric;
    const settings = { name, help, labelNames: [...labels], registers: [registry] };
    switch (metric.type) {
      case "counter": {
        const counter = new Counter(settings);
        for (const value of values ?? []) counter.inc({ [labels[0] ?? ""]: value }, 0);
        counters.set(name, counter);
        return;
      }
      case "gauge":
        gauges.set(name, new Gauge(settings));
        return;
      case "histogram":
        histograms.set(name, new Histogram({ ...settings, buckets: [...(buckets ?? [])] }));
    }
  }

  return {
    count(name, labels, by = 1) {
      counters.get(name)?.inc(labels, bound(by));
    },
    observe(name, labels, value) {
      histograms.get(name)?.observe(labels, bound(value));
    },
    set(name, labels, value) {
      gauges.get(name)?.set(labels, bound(value));
    },
    reset(name) {
      gauges.get(name)?.reset();
    },
  };
}

function bound(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0;
}
