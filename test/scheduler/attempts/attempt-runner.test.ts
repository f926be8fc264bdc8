/** One attempt of a task type of the test's own: what the task gets, and what each of its ends says. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { Logger } from "../../../model/ports/logger.ts";
import type { AttemptRequest, AttemptResult } from "../../../model/ports/executor.ts";
import type { AnyTaskType, Progress, TaskContext } from "../../../model/ports/task-type.ts";
import {
  AttemptLeftRunning,
  ConfigError,
  StateError,
  TaskFailure,
  TaskReschedule,
} from "../../../model/errors.ts";
import { LONGEST_DURATION_SECONDS } from "../../../model/time/duration.ts";
import { runAttempt } from "../../../scheduler/attempts/attempt-runner.ts";
import { RunStopped } from "../../../scheduler/attempts/stop-reasons.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { openTestWorld } from "../../support/test-world.ts";
import { makeType, type Work } from "../engine-world.ts";

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function openRunner(work: Work, changes: Partial<AnyTaskType> = {}) {
  const clock = createHandClock();
  const world = await openTestWorld({ clock: Object.assign(clock, { set: () => undefined }) });
  const run = await world.makeRunFacts("2026-11-23T09:00:00.000Z");
  const lines: Line[] = [];
  const makeLog = (own: object): Logger => {
    const say =
      (level: string) =>
      (message: string, fields: object = {}): void =>
        void lines.push({ level, message, fields: { ...own, ...fields } });
    return {
      debug: say("debug"),
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      with: (fields) => makeLog({ ...own, ...fields }),
    };
  };
  const request: AttemptRequest = {
    key: { dagId: "test_dag", runId: run.runId, taskId: "work", attempt: 2 },
    run: { ...run, intervalStart: null, intervalEnd: null },
    type: "work",
    options: {},
    needs: [],
    outputs: {},
    timeoutSeconds: 60,
    cookie: "cookie",
    waitingSince: null,
  };
  const stops = { stop: new AbortController(), wrapUp: new AbortController() };
  const told: Progress[] = [];
  const start = (more: Partial<AttemptRequest> = {}): Promise<AttemptResult> =>
    runAttempt(
      {
        registry: new Map([["work", makeType("work", work, changes)]]),
        lake: world.lake,
        ports: world.ports,
        clock,
        log: makeLog({}),
        startWorker: () => {
          throw new Error("no thread is needed");
        },
      },
      { ...request, ...more },
      stops,
      (progress) => told.push(progress),
    );
  return { clock, world, run, lines, stops, told, start };
}

test("a task gets its run's facts, its options, the outputs that it needs, and its attempt's log", async () => {
  let got: TaskContext<Record<string, unknown>, unknown> | undefined;
  const { run, lines, stops, told, start, world } = await openRunner((context) => {
    got = context;
    context.log.info("at work");
    context.progress({ done: 1, total: 2, unit: "rows" });
    return { rows: 2 };
  });
  const result = await start({
    options: { text: "${outputs.first.name} of ${partition}", left: "${outputs.none.name}" },
    needs: ["first", "absent"],
    outputs: { first: { name: "a" }, second: { name: "b" } },
  });
  expect(result).toEqual({ outcome: "success", output: { rows: 2 }, message: null });
  expect(got).toMatchObject({
    run,
    taskId: "work",
    attempt: 2,
    cookie: "cookie",
    waitedSeconds: 0,
    options: { text: `a of ${run.partition}`, left: "${outputs.none.name}" },
    written: { text: "${outputs.first.name} of ${partition}", left: "${outputs.none.name}" },
    outputs: { first: { name: "a" } },
    lake: world.lake,
    state: world.ports,
  });
  expect(Object.keys(got?.run ?? {})).not.toContain("intervalStart");
  expect(got?.signal).toBe(stops.stop.signal);
  expect(got?.wrapUp).toBe(stops.wrapUp.signal);
  expect(told).toEqual([{ done: 1, total: 2, unit: "rows" }]);
  expect(lines).toEqual([
    {
      level: "info",
      message: "at work",
      fields: { dag: "test_dag", run: run.runId, task: "work", attempt: 2 },
    },
  ]);
});

test.each([
  ["some time ago", "2026-11-23T08:58:30.000Z", 90],
  ["in the future, by another clock", "2026-11-23T09:00:01.000Z", 0],
  ["never", null, 0],
  ["at no instant", "yesterday", 0],
])("a wait that began %s", async (_when, waitingSince, waitedSeconds) => {
  const { start } = await openRunner((context) => ({ waited: context.waitedSeconds }));
  expect(await start({ waitingSince })).toMatchObject({ output: { waited: waitedSeconds } });
});

test("what the task type says of an output is the result's message", async () => {
  const describeOutput = (output: object): string => `made ${JSON.stringify(output)}`;
  const { start } = await openRunner(() => ({ rows: 2 }), { describeOutput });
  expect(await start()).toMatchObject({ message: 'made {"rows":2}' });
});

const failed = (code: string, message: string, retryable: boolean, more: object = {}) => ({
  outcome: "failed",
  code,
  message,
  retryable,
  retryAfterSeconds: null,
  ...more,
});

test("an unknown type, options that do not fit this run, and a missing setting fail before the task begins", async () => {
  const works: string[] = [];
  const options = z.object({ rows: z.object({ at_most: z.number() }), name: z.string() });
  const { start, stops } = await openRunner(
    () => {
      works.push("ran");
      return {};
    },
    { options },
  );
  expect(await start({ type: "none" })).toEqual(failed("INTERNAL", "There is no task type none.", false));
  const result = await start({ options: { rows: { at_most: "${params.none}" } } });
  const message = expect.stringMatching(
    /^Its options are not valid for this run: rows\.at_most: .+; name: /,
  ) as string;
  expect(result).toEqual(failed("OUTPUT_MISSING", message, false));
  expect(stops.stop.signal.aborted).toBe(false);

  const missing = await openRunner(() => ({}), {
    assertConfigured: () => {
      throw new ConfigError("CONFIG_INVALID", "TMDB_API_TOKEN is not set.");
    },
  });
  expect(await missing.start()).toEqual(failed("CONFIG_INVALID", "TMDB_API_TOKEN is not set.", false));
  expect(works).toEqual([]);
});

const raising =
  (error: unknown): Work =>
  () => {
    throw error;
  };

test.each<[string, unknown, object]>([
  [
    "a wait",
    new TaskReschedule("INPUT_NOT_READY", "not yet", 5),
    { outcome: "reschedule", code: "INPUT_NOT_READY", message: "not yet", afterSeconds: 5 },
  ],
  ["a negative wait", new TaskReschedule("INPUT_NOT_READY", "not yet", -5), { afterSeconds: 0 }],
  [
    "an endless wait",
    new TaskReschedule("INPUT_NOT_READY", "not yet", Infinity),
    { afterSeconds: LONGEST_DURATION_SECONDS },
  ],
  [
    "a wait of no number",
    new TaskReschedule("INPUT_NOT_READY", "not yet", NaN),
    failed(
      "RESULT_UNUSABLE",
      "The result of work cannot be stored: its wait is not a number of seconds.",
      false,
    ),
  ],
  [
    "a failure without a pause",
    new TaskFailure("SHELL_FAILED", "broken", true, { hint: "Mend it." }),
    failed("SHELL_FAILED", "broken Mend it.", true),
  ],
  [
    "a failure with an endless pause",
    new TaskFailure("SHELL_FAILED", "broken", true, { retryAfterSeconds: Infinity }),
    failed("SHELL_FAILED", "broken", true, { retryAfterSeconds: LONGEST_DURATION_SECONDS }),
  ],
  [
    "a failure with a pause of no number",
    new TaskFailure("SHELL_FAILED", "broken", true, { retryAfterSeconds: NaN }),
    { code: "RESULT_UNUSABLE", retryable: false },
  ],
  [
    "a failure for a person",
    new TaskFailure("TABLE_KEY_TAKEN", "taken", false, { isForPerson: true, retryAfterSeconds: 9 }),
    failed("TABLE_KEY_TAKEN", "taken", false, { isForPerson: true }),
  ],
  [
    "a fault of the database",
    new StateError("DATABASE_BUSY", "It is held.", { hint: "Wait." }),
    failed("DATABASE_BUSY", "It is held. Wait.", true),
  ],
  [
    "too few file descriptors",
    Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" }),
    failed("TOO_MANY_FILES", expect.stringMatching(/ \(EMFILE\)\. Raise the limit: /) as never, true),
  ],
  ["what is no error", "text", failed("INTERNAL", "text", true)],
])("%s", async (_what, error, result) => {
  const { start, lines } = await openRunner(raising(error));
  expect(await start()).toMatchObject(result);
  expect(lines.map(({ level }) => level)).toEqual(error === "text" ? ["error"] : []);
});

test("a bug is logged with its stack", async () => {
  const bug = new RangeError("too far");
  const { start, lines } = await openRunner(raising(bug));
  expect(await start()).toEqual(failed("INTERNAL", "too far", true));
  expect(lines).toEqual([
    {
      level: "error",
      message: "Internal error in Dagmar: too far",
      fields: expect.objectContaining({ stack: bug.stack, task: "work" }) as unknown,
    },
  ]);
});

test.each([
  ["a value that JSON drops", { text: undefined, kept: 1 }, "JSON has no value for text."],
  ["two of them", { one: undefined, two: () => 1 }, "JSON has no value for one, two."],
])("an output with %s is no result", async (_what, output, why) => {
  const { start } = await openRunner(() => output as never);
  expect(await start()).toEqual(
    failed("RESULT_UNUSABLE", `The result of work cannot be stored: ${why}`, false),
  );
});

test("a task that ignores its time-out ends without it ten seconds later", async () => {
  const { start, clock } = await openRunner(() => new Promise(() => undefined));
  const ending = start();
  let end: AttemptResult | undefined;
  void ending.then((result) => (end = result));
  await clock.untilSleeping(60_000, 60_000);
  await clock.advance(60_000);
  await clock.untilSleeping(10_000, 10_000);
  await clock.advance(9_999);
  expect(end).toBeUndefined();
  await clock.advance(1);
  expect(await ending).toEqual(failed("TASK_TIMED_OUT", "work took longer than its timeout of 60 s.", true));
  expect(clock.sleepers).toBe(0);
});

test("a task that is stopped in advance is given the same time", async () => {
  const { start, clock, stops } = await openRunner(() => new Promise(() => undefined));
  stops.stop.abort(new RunStopped("cancelled"));
  const ending = start();
  await clock.untilSleeping(10_000, 10_000);
  await clock.advance(10_000);
  expect(await ending).toEqual({ outcome: "cancelled", code: "RUN_CANCELLED" });
  expect(clock.sleepers).toBe(0);
});

test.each<[string, Error, object]>([
  ["its own error", new Error("socket hang up"), { outcome: "cancelled", code: "RUN_CANCELLED" }],
  [
    "that a part of it did not stop",
    new AttemptLeftRunning("A program is still running."),
    failed("ATTEMPT_LEFT_RUNNING", "A program is still running.", false),
  ],
])("a stopped task that answers with %s", async (_what, error, result) => {
  const { start, stops, lines } = await openRunner(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(error));
      }),
  );
  const ending = start();
  await new Promise(setImmediate);
  stops.stop.abort(new RunStopped("cancelled"));
  expect(await ending).toEqual(result);
  expect(lines).toEqual([]);
});

test("after its end an attempt has no timer", async () => {
  const { start, clock } = await openRunner(() => ({}));
  await start();
  expect(clock.sleepers).toBe(0);
});
