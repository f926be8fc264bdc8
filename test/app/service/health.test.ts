/** Health and readiness for each state of the service's facts, and the text of each check. */
import { describe, expect, test } from "vitest";
import { judgeHealth, judgeReadiness, type ServiceFacts } from "../../../app/service/health.ts";

const ACTIVE: ServiceFacts = {
  role: "active",
  lastTickMs: 1_000_000,
  nowMs: 1_030_000,
  lastWriteError: null,
  stepFault: null,
  brokenDags: 0,
  leaseExpiresInSeconds: 25,
};
const STEP_FAULT = { message: "No space is left.", sinceMs: 1_018_000 };
const STANDBY: ServiceFacts = { ...ACTIVE, role: "standby", leaseExpiresInSeconds: null, brokenDags: null };
const STOPPING: ServiceFacts = { ...ACTIVE, role: "stopping" };

const CASES: readonly [
  title: string,
  facts: ServiceFacts,
  healthFails: readonly string[],
  readinessFails: readonly string[],
][] = [
  ["an active service", ACTIVE, [], []],
  ["a loop that turned 90 s ago", { ...ACTIVE, nowMs: 1_090_000 }, [], []],
  ["a loop that turned just over 90 s ago", { ...ACTIVE, nowMs: 1_090_001 }, ["loop"], ["loop"]],
  ["a loop that has not turned yet", { ...ACTIVE, lastTickMs: null }, ["loop"], ["loop"]],
  ["a lease that has run out", { ...ACTIVE, leaseExpiresInSeconds: 0 }, ["lease"], ["lease"]],
  ["no lease, while active", { ...ACTIVE, leaseExpiresInSeconds: null }, ["lease"], ["lease"]],
  ["a write that failed", { ...ACTIVE, lastWriteError: "disk full" }, [], ["writes"]],
  ["a step that could not be written", { ...ACTIVE, stepFault: STEP_FAULT }, [], ["writes"]],
  ["a Dag folder that was not read yet", { ...ACTIVE, brokenDags: null }, [], ["dags"]],
  ["broken Dag files", { ...ACTIVE, brokenDags: 3 }, [], []],
  ["a standby", STANDBY, [], ["role", "dags"]],
  ["a standby that has not looked yet", { ...STANDBY, lastTickMs: null }, [], ["role", "dags"]],
  ["a standby that stopped looking", { ...STANDBY, nowMs: 1_100_000 }, ["loop"], ["role", "loop", "dags"]],
  ["a service that is stopping", STOPPING, [], ["role"]],
  ["a service whose last tasks take long to end", { ...STOPPING, nowMs: 1_600_000 }, [], ["role"]],
  ["a service that gave its lease back", { ...STOPPING, leaseExpiresInSeconds: null }, [], ["role"]],
];

describe("healthy and ready", () => {
  test.each(CASES)("%s", (_, facts, healthFails, readinessFails) => {
    for (const [health, fails] of [
      [judgeHealth(facts), healthFails],
      [judgeReadiness(facts), readinessFails],
    ] as const) {
      const failing = Object.entries(health.checks).flatMap(([name, { ok }]) => (ok ? [] : name));
      expect(failing).toEqual(fails);
      expect(health.status).toBe(fails.length === 0 ? "ok" : "failing");
    }
  });

  test("each check says what it saw", () => {
    expect(judgeReadiness({ ...ACTIVE, brokenDags: 2, lastWriteError: "The disk is full." }).checks).toEqual({
      role: { ok: true, detail: "active" },
      loop: { ok: true, detail: "turned 30 s ago" },
      lease: { ok: true, detail: "held, for another 25 s unless renewed" },
      dags: { ok: true, detail: "2 broken; `dagmar dags validate` shows where" },
      writes: { ok: false, detail: "the last write failed: The disk is full." },
    });
    expect(judgeReadiness({ ...ACTIVE, stepFault: STEP_FAULT }).checks["writes"]?.detail).toBe(
      "no step of the scheduler could be written for 12 s: No space is left.",
    );
    expect(judgeHealth({ ...ACTIVE, leaseExpiresInSeconds: -4.26 }).checks["lease"]?.detail).toBe(
      "ran out 4.3 s ago without being renewed",
    );
  });
});
