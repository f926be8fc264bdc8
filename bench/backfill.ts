/** A year of daily runs, created by the code of `dagmar backfill` without a scheduler, and by the command as a whole. */
import { listBackfillSlots } from "../scheduler/commands/list-backfill-slots.ts";
import { systemClock } from "../cli/process/system-clock.ts";
import type { DagDefinition } from "../model/dag/dag.ts";
import { startBackfill } from "../scheduler/commands/backfill.ts";
import { drive } from "../scheduler/engine/drive-runs.ts";
import { countBackfillRuns } from "../state/runs/backfills.ts";
import { makeDag, makeTask, makeVersion } from "../test/support/test-dag.ts";
import { inform, judgeAtLeast, median, type Figure } from "./figure.ts";
import { openGround } from "./ground.ts";
import { measureProcess } from "./measure-process.ts";
import { openServiceFolder } from "./scheduler-process.ts";
import { CLI, openFolder } from "./workspace.ts";

const MAX_ACTIVE = 16;
const LEAST_PER_SECOND = 2_000;
const FROM = "2025-01-01T00:00:00.000Z";
const TO = "2025-12-31T23:59:59.999Z";

interface Filled {
  readonly makeSeconds: number;
  readonly driveSeconds: number;
  readonly cpuSeconds: number;
}

export async function benchBackfill(isQuick: boolean): Promise<readonly Figure[]> {
  const rounds = isQuick ? 1 : 5;
  const figures: Figure[] = [];
  for (const [shape, needs] of [
    ["side by side", () => []],
    ["in a chain", (place: number) => (place === 0 ? [] : [`t${place - 1}`])],
  ] as const) {
    const dag = makeDaily(needs);
    const filled: Filled[] = [];
    for (let round = 0; round < rounds; round += 1) filled.push(await fill(dag, isQuick));
    const tasks = (isQuick ? 31 : 365) * dag.tasks.length;
    const total = median(filled.map(({ makeSeconds, driveSeconds }) => makeSeconds + driveSeconds));
    const note = [
      `${tasks} in ${total.toFixed(2)} s`,
      `of which making the runs ${median(filled.map(({ makeSeconds }) => makeSeconds)).toFixed(2)} s`,
      `${median(filled.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s CPU`,
      `max-active ${MAX_ACTIVE}`,
    ].join("; ");
    figures.push(
      judgeAtLeast(
        `backfill: task instances a second, ${dag.tasks.length} no-ops ${shape}`,
        LEAST_PER_SECOND,
        {
          value: tasks / total,
          write: (value) => value.toFixed(0),
          note,
        },
      ),
    );
  }
  return [...figures, await measureCommand(isQuick)];
}

async function fill(dag: DagDefinition, isQuick: boolean): Promise<Filled> {
  const ground = await openGround(openFolder("backfill"), systemClock);
  const { tools, registry, lakeId } = ground;
  const { database } = tools;
  const to = isQuick ? "2025-01-31T23:59:59.999Z" : TO;
  const slots = listBackfillSlots(dag, new Map(), new Date(FROM), new Date(to));
  const version = makeVersion(dag);
  const reprocess = "none";
  const request = {
    version,
    from: FROM,
    to,
    slots,
    reprocess,
    isRefetch: false,
    maxActive: MAX_ACTIVE,
  } as const;
  try {
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    const { backfillId } = await database.write((query) =>
      startBackfill(query, { registry, lakeId }, request, systemClock.now()),
    );
    const madeMs = performance.now();
    const count = (): number => countBackfillRuns(database, backfillId).open;
    await drive(
      { ...tools, observer: { runEnded: () => void count() } },
      { backfillId },
      () => count() === 0,
      new AbortController().signal,
    );
    const endedMs = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    const counts = countBackfillRuns(database, backfillId);
    if (counts.total !== slots.length || counts.failed > 0) throw new Error("the backfill did not succeed");
    return {
      makeSeconds: (madeMs - startedMs) / 1000,
      driveSeconds: (endedMs - madeMs) / 1000,
      cpuSeconds: (user + system) / 1e6,
    };
  } finally {
    await ground.close();
  }
}

function makeDaily(needs: (place: number) => readonly string[]): DagDefinition {
  const tasks = Array.from({ length: 5 }, (_, place) => makeTask(`t${place}`, { needs: needs(place) }));
  const schedule = { kind: "cron", expression: "0 6 * * *" } as const;
  return makeDag(tasks, { dagId: "daily", schedule, timezone: "America/Sao_Paulo", startAt: FROM });
}

const DAILY_YAML = `
dag: daily
schedule: "0 6 * * *"
timezone: America/Sao_Paulo
start: 2025-01-01
tasks:
  t0: { type: noop }
  t1: { type: noop }
  t2: { type: noop }
  t3: { type: noop }
  t4: { type: noop }
`;

/** The whole process, from its start to its end. */
async function measureCommand(isQuick: boolean): Promise<Figure> {
  const workspace = openServiceFolder("backfill-command", new Map([["daily", DAILY_YAML]]));
  const last = isQuick ? "2025-01-31" : "2025-12-31";
  const range = ["--from", "2025-01-01", "--to", last, "--max-active", String(MAX_ACTIVE)];
  const whole = await measureProcess(process.execPath, [CLI, "backfill", "daily", ...range], workspace);
  const idle = await measureProcess(process.execPath, [CLI, "runs", "list", "--limit", "1"], workspace);
  const text = `${whole.seconds.toFixed(2)} s, ${whole.peakMiB.toFixed(0)} MiB; \`runs list\` ${idle.seconds.toFixed(2)} s`;
  return inform(`backfill: the command, 2025-01-01 to ${last}`, text);
}
