/** Requests and results of the Executor port are JSON, however an attempt ends. */
import { expect, test, vi } from "vitest";
import { LakeError, TaskFailure, TaskReschedule } from "../../../model/errors.ts";
import type { AttemptRequest, AttemptResult } from "../../../model/ports/executor.ts";
import { makeChain, makeGate, openEngineWorld, type EngineWorld, type Work } from "../engine-world.ts";

const RUN_ID = "manual__2026-11-23T09:00:00.000Z";
const KEY = { dagId: "test_dag", runId: RUN_ID, taskId: "work", attempt: 1 };

interface Case {
  readonly name: string;
  readonly work: Work;
  readonly result: AttemptResult;
  /** Runs once the attempt has started. */
  readonly meanwhile?: (world: EngineWorld) => unknown;
}

const waitForStop: Work = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

const CASES: readonly Case[] = [
  {
    name: "an output of every kind of value",
    work: () => ({ text: "é\u0000", list: [1, null, { a: true }], nothing: null }),
    result: {
      outcome: "success",
      output: { text: "é\u0000", list: [1, null, { a: true }], nothing: null },
      message: null,
    },
  },
  {
    name: "an output that JSON holds otherwise",
    work: () => ({ when: new Date(0), wrong: NaN }) as never,
    result: {
      outcome: "success",
      output: { when: "1970-01-01T00:00:00.000Z", wrong: null },
      message: null,
    },
  },
  {
    name: "an output that JSON cannot hold",
    work: () => ({ big: 1n }) as never,
    result: {
      outcome: "failed",
      code: "RESULT_UNUSABLE",
      message: "The result of work cannot be stored: Do not know how to serialize a BigInt",
      retryable: false,
      retryAfterSeconds: null,
    },
  },
  {
    name: "a failure with a hint and a pause",
    work: () => {
      const options = { hint: "Wait.", retryAfterSeconds: 7, cause: new Error("below") };
      throw new TaskFailure("TMDB_RATE_LIMITED", "Too many.", false, options);
    },
    result: {
      outcome: "failed",
      code: "TMDB_RATE_LIMITED",
      message: "Too many. Wait.",
      retryable: false,
      retryAfterSeconds: 7,
    },
  },
  {
    name: "a failure of the lake",
    work: () => {
      throw new LakeError("LAKE_DENIED", "Refused.", false);
    },
    result: {
      outcome: "failed",
      code: "LAKE_DENIED",
      message: "Refused.",
      retryable: false,
      retryAfterSeconds: null,
    },
  },
  {
    name: "a fault of another kind",
    work: () => {
      throw new RangeError("too far");
    },
    result: {
      outcome: "failed",
      code: "INTERNAL",
      message: "too far",
      retryable: true,
      retryAfterSeconds: null,
    },
  },
  {
    name: "a wait for something outside",
    work: ({ attempt }) => {
      if (attempt === 1) throw new TaskReschedule("INPUT_NOT_READY", "Not there yet.", 30);
      return {};
    },
    result: {
      outcome: "reschedule",
      code: "INPUT_NOT_READY",
      message: "Not there yet.",
      afterSeconds: 30,
    },
    meanwhile: ({ clock }) => clock.untilSleeping(30_000, 30_000).then(() => clock.advance(30_000)),
  },
  {
    name: "a time-out",
    work: waitForStop,
    result: {
      outcome: "failed",
      code: "TASK_TIMED_OUT",
      message: "work took longer than its timeout of 60 s.",
      retryable: true,
      retryAfterSeconds: null,
    },
    meanwhile: ({ clock }) => clock.advance(60_000),
  },
  {
    name: "a run that is being cancelled",
    work: waitForStop,
    result: { outcome: "cancelled", code: "RUN_CANCELLED" },
    meanwhile: ({ tools }) => tools.executor.cancel(KEY, "cancelled"),
  },
  {
    name: "a run that takes too long",
    work: waitForStop,
    result: { outcome: "cancelled", code: "RUN_TIMED_OUT" },
    meanwhile: ({ tools }) => tools.executor.cancel(KEY, "timed_out"),
  },
  {
    name: "a process that drains",
    work: waitForStop,
    result: { outcome: "drained" },
    meanwhile: (world) => world.drain(),
  },
];

test.each(CASES)("$name comes back as JSON", async ({ work, result, meanwhile }) => {
  const isBusy = makeGate();
  const world = await openEngineWorld({
    work: (context) => {
      isBusy.open();
      return work(context);
    },
  });
  const run = await world.makeRun(makeChain({ taskId: "work", timeoutSeconds: 60 }));
  const done = world.drive(run);
  await isBusy.opened;
  await meanwhile?.(world);
  await done;
  expect(world.crossings.results[0]).toEqual(result);
});

test("a request has the attempt's key, the run's facts, options as written, and outputs of upstream tasks", async () => {
  const world = await openEngineWorld({
    first: () => ({ answer: 42 }),
    second: () => ({}),
    work: ({ options, outputs }) => ({ read: String(options["text"]), needed: Object.keys(outputs) }),
  });
  const options = { text: "${params.mode} ${outputs.first.answer} ${interval_start}" };
  const dag = makeChain(
    { taskId: "first" },
    { taskId: "second", needs: ["first"] },
    { taskId: "work", needs: ["second"], with: options, timeoutSeconds: 60 },
  );
  const run = await world.makeRun({ ...dag, params: { mode: "full" } });
  expect(await world.drive(run)).toMatchObject([{ state: "success" }]);
  const { dagRunId, runId, logicalDate, timezone, partition, runStamp, params } = run;
  expect(world.crossings.requests[2]).toEqual({
    key: KEY,
    run: {
      dagRunId,
      dagId: "test_dag",
      runId,
      logicalDate,
      timezone,
      partition,
      runStamp,
      params,
      refetchGeneration: null,
      intervalStart: run.intervalStart,
      intervalEnd: run.intervalEnd,
    },
    type: "work",
    options,
    needs: ["second"],
    outputs: { first: { answer: 42 } },
    timeoutSeconds: 60,
    cookie: `${run.dagId}/${run.runId}/work/1@test`,
    waitingSince: null,
  });
  expect(world.crossings.results[2]).toMatchObject({
    output: { read: `full 42 ${run.intervalStart ?? logicalDate}`, needed: [] },
  });
});

test("an attempt is refused while it is under way, and taken again after its end", async () => {
  const gate = makeGate();
  const world = await openEngineWorld({ work: () => gate.opened.then(() => ({})) });
  const run = await world.makeRun(makeChain({ taskId: "work" }));
  const done = world.drive(run);
  await vi.waitUntil(() => world.crossings.requests.length > 0, { timeout: 30_000 });
  const [request] = world.crossings.requests;
  const submit = (): Promise<AttemptResult> =>
    world.tools.executor.submit(request as AttemptRequest, () => undefined);
  await expect(submit()).rejects.toThrow(`test_dag/${RUN_ID} work, attempt 1 is already running`);
  gate.open();
  expect(await done).toMatchObject([{ state: "success" }]);
  expect(await submit()).toMatchObject({ outcome: "success" });
});

test("cancelling an attempt that is not running does nothing", async () => {
  const world = await openEngineWorld({ work: () => ({}) });
  world.tools.executor.cancel(KEY, "cancelled");
  const run = await world.makeRun(makeChain({ taskId: "work" }));
  expect(await world.drive(run)).toMatchObject([{ state: "success" }]);
});
