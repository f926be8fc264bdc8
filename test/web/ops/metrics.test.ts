/** Each report of the service leads to its metrics, and a scrape renders them as the list declares. */
import { describe, expect, test } from "vitest";
import { silentObserver, type ServiceObserver } from "../../../model/ports/service-observer.ts";
import { METRICS } from "../../../web/ops/metric-list.ts";
import { createMetrics, type Metrics } from "../../../web/ops/metrics.ts";
import { PROCESS_METRICS } from "../../../web/ops/process-metrics.ts";
import type { MetricSnapshot } from "../../../web/ops/read-snapshot.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { listNameFaults, listValues, parseExposition, type Family } from "../exposition.ts";

const SNAPSHOT: MetricSnapshot = {
  pools: [
    { pool: "default", slots: 16, used: 3 },
    { pool: "tmdb", slots: 2, used: 0 },
  ],
  runs: { queued: 4, running: 1 },
  tasks: { none: 5, scheduled: 2, queued: 0, running: 3, up_for_retry: 1, up_for_reschedule: 0 },
  files: { main: 4096, wal: 8192 },
};

function makeMetrics(read: () => MetricSnapshot = () => SNAPSHOT): Metrics {
  return createMetrics({ read, clock: createHandClock(), version: "1.2.3" });
}

async function scrape(metrics: Metrics): Promise<ReadonlyMap<string, Family>> {
  return parseExposition((await metrics.render()).body);
}

/** Every method of the port, and the lines that it leads to; a method without a line here does not compile. */
const TOLD: Readonly<
  Record<keyof ServiceObserver, readonly [(observer: ServiceObserver) => void, string[]]>
> = {
  tick: [
    (o) => {
      o.tick(0.25);
    },
    [
      "dagmar_scheduler_heartbeat_timestamp_seconds 1795424400",
      "dagmar_scheduler_ticks_total 1",
      "dagmar_scheduler_tick_duration_seconds_sum 0.25",
    ],
  ],
  stepEnded: [
    (o) => {
      o.stepEnded("No space is left.");
      o.stepEnded(null);
    },
    ["dagmar_step_failures_total 1"],
  ],
  taskStarted: [
    (o) => {
      o.taskStarted("d", "shell", 1.5);
    },
    ["dagmar_task_queued_seconds_sum type=shell 1.5"],
  ],
  taskEnded: [
    (o) => {
      o.taskEnded("d", "shell", "up_for_retry", 2);
    },
    [
      "dagmar_task_attempts_total dag_id=d type=shell state=up_for_retry 1",
      "dagmar_task_duration_seconds_sum dag_id=d type=shell 2",
    ],
  ],
  outputLost: [
    (o) => {
      o.outputLost("stderr");
    },
    ["dagmar_output_lost_total stream=stderr 1"],
  ],
  taskLost: [
    (o) => {
      o.taskLost("d");
    },
    ["dagmar_tasks_lost_total dag_id=d 1"],
  ],
  runEnded: [
    (o) => {
      o.runEnded("d", "failed", 60);
    },
    [
      "dagmar_dag_runs_total dag_id=d state=failed 1",
      "dagmar_dag_run_duration_seconds_sum dag_id=d state=failed 60",
    ],
  ],
  scheduleDelay: [
    (o) => {
      o.scheduleDelay("d", 0.5);
    },
    ["dagmar_schedule_delay_seconds_sum dag_id=d 0.5"],
  ],
  slotsSkipped: [
    (o) => {
      o.slotsSkipped("d", 7, "catchup");
    },
    ["dagmar_slots_skipped_total dag_id=d reason=catchup 7"],
  ],
  objectPut: [
    (o) => {
      o.objectPut("conflict");
    },
    ["dagmar_objects_put_total outcome=conflict 1"],
  ],
  idsDecided: [
    (o) => {
      o.idsDecided("films", "not_found", 9);
    },
    ["dagmar_ids_total dataset=films outcome=not_found 9"],
  ],
  importErrors: [
    (o) => {
      o.importErrors(2);
    },
    ["dagmar_dag_import_errors 2"],
  ],
  leaseChanged: [
    (o) => {
      o.leaseChanged(true, 12);
    },
    ["dagmar_lease_held 1", "dagmar_lease_epoch 12"],
  ],
  clockJump: [
    (o) => {
      o.clockJump(-3600);
    },
    ["dagmar_clock_jumps_total 1"],
  ],
  loopStall: [
    (o) => {
      o.loopStall(1.5);
    },
    ["dagmar_event_loop_stalls_total 1", "dagmar_event_loop_stall_seconds_total 1.5"],
  ],
  diskFull: [
    (o) => {
      o.diskFull();
    },
    ["dagmar_disk_full_total 1"],
  ],
  noticeSent: [
    (o) => {
      o.noticeSent(false);
    },
    ["dagmar_notices_total result=failed 1", "dagmar_notices_total result=delivered 0"],
  ],
};
const METHODS = Object.keys(TOLD) as (keyof ServiceObserver)[];

function reportAll(metrics: Metrics): void {
  for (const method of METHODS) TOLD[method][0](metrics.observer);
}

describe("what the service reports", () => {
  test.each(METHODS)("%s is counted", async (method) => {
    const [tell, expected] = TOLD[method];
    const metrics = makeMetrics();
    const before = [...(await scrape(metrics)).values()].flatMap(listValues);
    tell(metrics.observer);
    const after = [...(await scrape(metrics)).values()].flatMap(listValues);
    expect(after).toEqual(expect.arrayContaining(expected));
    expect(before).not.toEqual(expect.arrayContaining(expected));
  });

  test("adds up", async () => {
    const metrics = makeMetrics();
    for (const seconds of [1, 2, 40]) metrics.observer.scheduleDelay("d", seconds);
    const delays = (await scrape(metrics)).get("dagmar_schedule_delay_seconds");
    expect(listValues(delays)).toEqual([
      "dagmar_schedule_delay_seconds_sum dag_id=d 43",
      "dagmar_schedule_delay_seconds_count dag_id=d 3",
    ]);
    const buckets = delays?.samples.filter(({ labels }) =>
      ["1", "5", "30", "120"].includes(labels["le"] ?? ""),
    );
    expect(buckets?.map(({ value }) => value)).toEqual([1, 2, 2, 3]);
  });

  test.each([-5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "a number such as %d breaks nothing and counts as 0",
    async (odd) => {
      const metrics = makeMetrics();
      const { observer } = metrics;
      observer.tick(odd);
      observer.taskStarted("d", "shell", odd);
      observer.taskEnded("d", "shell", "success", odd);
      observer.runEnded("d", "success", odd);
      observer.scheduleDelay("d", odd);
      observer.slotsSkipped("d", odd, "catchup");
      observer.idsDecided("films", "stored", odd);
      observer.importErrors(odd);
      observer.leaseChanged(true, odd);
      observer.loopStall(odd);
      const families = await scrape(metrics);
      expect(listValues(families.get("dagmar_schedule_delay_seconds"))).toEqual([
        "dagmar_schedule_delay_seconds_sum dag_id=d 0",
        "dagmar_schedule_delay_seconds_count dag_id=d 1",
      ]);
      expect(listValues(families.get("dagmar_event_loop_stall_seconds_total"))).toEqual([
        "dagmar_event_loop_stall_seconds_total 0",
      ]);
    },
  );

  test("a name with quotes, a backslash or a new line stays one label", async () => {
    const metrics = makeMetrics();
    metrics.observer.taskLost('a"b\\c\nd');
    const lost = (await scrape(metrics)).get("dagmar_tasks_lost_total");
    expect(lost?.samples).toMatchObject([{ labels: { dag_id: String.raw`a\"b\\c\nd` }, value: 1 }]);
  });

  test("the lease's epoch stays when the lease goes", async () => {
    const metrics = makeMetrics();
    metrics.observer.leaseChanged(true, 12);
    metrics.observer.leaseChanged(false, null);
    const families = await scrape(metrics);
    expect(listValues(families.get("dagmar_lease_held"))).toEqual(["dagmar_lease_held 0"]);
    expect(listValues(families.get("dagmar_lease_epoch"))).toEqual(["dagmar_lease_epoch 12"]);
  });

  test("the silent observer takes the same calls", () => {
    expect(Object.keys(silentObserver).toSorted()).toEqual(METHODS.toSorted());
    for (const method of METHODS) expect(TOLD[method][0](silentObserver)).toBeUndefined();
  });
});

describe("a scrape", () => {
  test("is of Prometheus's text format", async () => {
    const { contentType } = await makeMetrics().render();
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  test("shows what is under way at that moment", async () => {
    let snapshot = SNAPSHOT;
    const metrics = makeMetrics(() => snapshot);
    const first = await scrape(metrics);
    expect(listValues(first.get("dagmar_runs"))).toEqual([
      "dagmar_runs state=queued 4",
      "dagmar_runs state=running 1",
    ]);
    expect(listValues(first.get("dagmar_tasks"))).toContain("dagmar_tasks state=up_for_retry 1");
    expect(listValues(first.get("dagmar_pool_slots"))).toEqual([
      "dagmar_pool_slots pool=default 16",
      "dagmar_pool_slots pool=tmdb 2",
    ]);
    snapshot = { ...SNAPSHOT, pools: [{ pool: "default", slots: 8, used: 8 }] };
    const second = await scrape(metrics);
    expect(listValues(second.get("dagmar_pool_slots"))).toEqual(["dagmar_pool_slots pool=default 8"]);
    expect(listValues(second.get("dagmar_pool_slots_used"))).toEqual([
      "dagmar_pool_slots_used pool=default 8",
    ]);
  });

  test("of a database that cannot be read has all but the database's lines, and counts that", async () => {
    let isSick = false;
    const metrics = makeMetrics(() => {
      if (isSick) throw new Error("database is malformed");
      return SNAPSHOT;
    });
    reportAll(metrics);
    await scrape(metrics);
    isSick = true;
    const families = await scrape(metrics);
    expect(listValues(families.get("dagmar_snapshot_errors_total"))).toEqual([
      "dagmar_snapshot_errors_total 1",
    ]);
    expect(listValues(families.get("dagmar_disk_full_total"))).toEqual(["dagmar_disk_full_total 1"]);
    for (const name of ["dagmar_runs", "dagmar_tasks", "dagmar_pool_slots", "dagmar_pool_slots_used"]) {
      expect(listValues(families.get(name)), name).toEqual([]);
    }
  });

  test("has a 0 from the start for every outcome that is known before", async () => {
    const families = await scrape(makeMetrics());
    expect(listValues(families.get("dagmar_objects_put_total"))).toEqual(
      ["created", "exists", "conflict", "error"].map(
        (outcome) => `dagmar_objects_put_total outcome=${outcome} 0`,
      ),
    );
    expect(listValues(families.get("dagmar_build_info"))).toEqual(["dagmar_build_info version=1.2.3 1"]);
  });

  test("includes metrics of the process", async () => {
    const families = await scrape(makeMetrics());
    for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"]) {
      expect(families.get(name)?.samples[0]?.value, name).toBeGreaterThan(0);
    }
  });

  test("is one service's own: two of them in a process share nothing", async () => {
    const [one, other] = [makeMetrics(), makeMetrics()];
    one.observer.diskFull();
    expect(listValues((await scrape(other)).get("dagmar_disk_full_total"))).toEqual([
      "dagmar_disk_full_total 0",
    ]);
  });

  test("leaves no timer behind that keeps the process alive", async () => {
    const listTimers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
    const before = listTimers();
    await scrape(makeMetrics());
    expect(listTimers()).toEqual(before);
  });
});

describe("the list of metrics", () => {
  test("and a scrape name the same, with the same types, labels and help", async () => {
    const metrics = makeMetrics();
    reportAll(metrics);
    const families = [...(await scrape(metrics)).values()];
    const own = families.filter(({ name }) => !PROCESS_METRICS.includes(name));
    const shown = own.map(({ name, type, help, samples }) => ({
      name,
      type,
      help,
      labels: Object.keys(samples[0]?.labels ?? {}).filter((label) => label !== "le"),
    }));
    const described = METRICS.map(({ name, type, help, labels }) => ({
      name,
      type,
      help,
      labels: [...labels],
    }));
    expect(shown).toEqual(described);
  });

  test("of the process holds no name that is not shown", async () => {
    const families = await scrape(makeMetrics());
    const foreign = [...families.keys()].filter((name) => !name.startsWith("dagmar_"));
    expect(foreign.toSorted()).toEqual(PROCESS_METRICS.toSorted());
  });

  test("keeps Prometheus's conventions", () => {
    const faults = METRICS.flatMap((metric) =>
      listNameFaults(metric).map((fault) => `${metric.name}: ${fault}`),
    );
    expect(faults).toEqual([]);
    for (const { name } of METRICS) expect(name).toMatch(/^dagmar_[a-z_]+$/);
  });

  test("has no label that grows with time", () => {
    const labels = new Set<string>(METRICS.flatMap((metric) => [...metric.labels]));
    expect([...labels].toSorted()).toEqual([
      "dag_id",
      "dataset",
      "file",
      "outcome",
      "pool",
      "reason",
      "result",
      "state",
      "stream",
      "type",
      "version",
    ]);
  });

  test.each([
    ["dagmar_runs", "counter", "a counter ends with _total"],
    ["dagmar_runs_total", "gauge", "only a counter ends with _total"],
    ["dagmar_task_duration", "histogram", "a histogram ends with its unit"],
    ["dagmar_duration_seconds_max", "gauge", "the unit stands last"],
    ["dagmar_duration_ms", "gauge", "not a base unit"],
    ["dagmar_run_count", "gauge", "the ending is a histogram's"],
    ["dagmar_run_gauge", "gauge", "the type is no part of the name"],
  ])("would be caught with %s as a %s", (name, type, fault) => {
    expect(listNameFaults({ name, type, help: "A sentence." })).toEqual([fault]);
  });
});

describe("the reader of these tests", () => {
  test.each([
    ["a sample without a head", "up 1\n"],
    ["a head without a type", "# HELP up Is up.\nup 1\n"],
    ["another family's sample", "# HELP up Is up.\n# TYPE up gauge\ndown 1\n"],
    [
      "a family that comes twice",
      "# HELP up A.\n# TYPE up gauge\nup 1\n\n# HELP up A.\n# TYPE up gauge\nup 1\n",
    ],
    ["a value that is none", "# HELP up Is up.\n# TYPE up gauge\nup one\n"],
    ["a line that does not end", "# HELP up Is up.\n# TYPE up gauge\nup 1"],
  ])("refuses %s", (_, text) => {
    expect(() => parseExposition(text)).toThrow(/./);
  });
});
