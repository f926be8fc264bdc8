/** When the circuit opens, probes and closes again, with a clock moved by hand. */
import { expect, test } from "vitest";
import { TaskFailure } from "../../../model/errors.ts";
import { createCircuit, type Circuit, type CircuitPass } from "../../../tasks/http/circuit.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";

const PROVIDER = {
  host: "api.test",
  name: "The API",
  baseUrl: "http://api.test:9999/v1",
  addressSetting: "API_BASE_URL",
  isAddressOwn: true,
  codes: { unavailable: "TMDB_UNAVAILABLE", rateLimited: "TMDB_RATE_LIMITED", untrusted: "TMDB_UNTRUSTED" },
} as const;

async function openCircuit(maxProbes = 5): Promise<{ clock: HandClock; circuit: Circuit }> {
  const clock = createHandClock();
  const circuit = createCircuit({ clock, provider: PROVIDER, failuresToOpen: 3, maxProbes });
  for (let failure = 0; failure < 3; failure += 1) circuit.reportFailure(await circuit.enter());
  return { clock, circuit };
}

interface Line {
  readonly passes: CircuitPass[];
  readonly refusals: unknown[];
}

function queue(circuit: Circuit, length: number): Line {
  const line: Line = { passes: [], refusals: [] };
  for (let place = 0; place < length; place += 1) {
    circuit.enter().then(
      (pass) => line.passes.push(pass),
      (error: unknown) => line.refusals.push(error),
    );
  }
  return line;
}

test("it opens at the given number of failures in a row, and a success in between starts the count again", async () => {
  const circuit = createCircuit({ clock: createHandClock(), provider: PROVIDER, failuresToOpen: 3 });
  const pass = await circuit.enter();
  const reports = [circuit.reportFailure(pass), circuit.reportFailure(pass)];
  circuit.reportSuccess(pass);
  reports.push(circuit.reportFailure(pass), circuit.reportFailure(pass));
  expect(circuit.isOpen).toBe(false);
  reports.push(circuit.reportFailure(pass));
  expect(reports).toEqual([false, false, false, false, true]);
  expect(circuit.isOpen).toBe(true);
});

test("it reports once until it closes that the provider is the cause, also if a probe in doubt fails", async () => {
  const { clock, circuit } = await openCircuit();
  expect(circuit.reportFailure(await circuit.enter(undefined, true))).toBe(false);
  const next = circuit.enter();
  await clock.advance(60_000);
  circuit.reportSuccess(await next);
  const pass = await circuit.enter();
  expect([1, 2, 3].map(() => circuit.reportFailure(pass))).toEqual([false, false, true]);
});

test("after the cool-down one probe goes out, the others wait for its answer and then all pass", async () => {
  const { clock, circuit } = await openCircuit();
  const line = queue(circuit, 4);
  await clock.advance(4999);
  expect(line.passes).toHaveLength(0);
  await clock.advance(1);
  expect(line.passes.map((pass) => pass.isProbe)).toEqual([true]);
  await clock.advance(60_000);
  expect(line.passes).toHaveLength(1);
  circuit.reportSuccess(line.passes[0] as CircuitPass);
  await clock.advance(0);
  expect(line.passes).toHaveLength(4);
  expect(circuit.isOpen).toBe(false);
});

test("the cool-down doubles with each failed probe, up to a minute", async () => {
  const { clock, circuit } = await openCircuit(7);
  const line = queue(circuit, 10);
  const waits: number[] = [];
  for (let probe = 0; probe < 6; probe += 1) {
    const from = clock.monotonicMs();
    while (line.passes.length === probe) await clock.advance(1000);
    waits.push(clock.monotonicMs() - from);
    circuit.reportFailure(line.passes[probe] as CircuitPass);
  }
  expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("after too many failed probes all waiting callers are refused with the time to come again, and later callers probe again", async () => {
  const { clock, circuit } = await openCircuit(2);
  const line = queue(circuit, 6);
  await clock.advance(5000);
  circuit.reportFailure(line.passes[0] as CircuitPass);
  await clock.advance(10_000);
  circuit.reportFailure(line.passes[1] as CircuitPass);
  await clock.advance(0);
  expect(line.refusals).toHaveLength(4);
  const failure = line.refusals[0] as TaskFailure;
  expect(failure).toBeInstanceOf(TaskFailure);
  expect(failure).toMatchObject({ code: "TMDB_UNAVAILABLE", retryable: true, retryAfterSeconds: 20 });
  await expect(circuit.enter()).rejects.toMatchObject({ code: "TMDB_UNAVAILABLE" });
  await clock.advance(20_000);
  const probe = await circuit.enter();
  expect(probe.isProbe).toBe(true);
  circuit.reportSuccess(probe);
  expect(circuit.isOpen).toBe(false);
});

test("late answers of older attempts neither close nor prolong an open circuit", async () => {
  const { clock, circuit } = await openCircuit();
  const old: CircuitPass = { isProbe: false };
  expect(circuit.isValid(old)).toBe(false);
  circuit.reportSuccess(old);
  expect(circuit.isOpen).toBe(true);
  expect(circuit.reportFailure(old)).toBe(false);
  await clock.advance(5000);
  expect((await circuit.enter()).isProbe).toBe(true);
});

test("a probe that ends without a result leaves its turn to the next caller", async () => {
  const { clock, circuit } = await openCircuit();
  const line = queue(circuit, 2);
  await clock.advance(5000);
  circuit.reportNothing(line.passes[0] as CircuitPass);
  await clock.advance(0);
  expect(line.passes.map((pass) => pass.isProbe)).toEqual([true, true]);
});

test("a caller that gives up is released at once, and the next caller still gets the probe", async () => {
  const { clock, circuit } = await openCircuit();
  const stop = new AbortController();
  const given = circuit.enter(stop.signal);
  stop.abort(new Error("enough"));
  const line = queue(circuit, 1);
  await expect(given).rejects.toThrow("enough");
  void circuit.enter();
  expect(clock.sleepers).toBe(1);
  await clock.advance(4999);
  expect(line.passes).toHaveLength(0);
  await clock.advance(1);
  expect(line.passes).toHaveLength(1);
  await expect(circuit.enter(AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
});

test("a caller that gives up as the cool-down ends takes the probe from no later caller", async () => {
  const hand = createHandClock();
  const stop = new AbortController();
  const clock = {
    ...hand,
    async sleep(ms: number, signal?: AbortSignal) {
      await hand.sleep(ms, signal);
      stop.abort(new Error("enough"));
    },
  };
  const circuit = createCircuit({ clock, provider: PROVIDER, failuresToOpen: 1 });
  circuit.reportFailure(await circuit.enter());
  const given = circuit.enter(stop.signal).catch((error: unknown) => error);
  await hand.advance(5000);
  expect(await given).toEqual(new Error("enough"));
  const line = queue(circuit, 1);
  await hand.advance(0);
  expect(line.passes).toHaveLength(1);
});

test("after the cool-down the probe is what has never failed, then a control question, then the first in line", async () => {
  const { clock, circuit } = await openCircuit();
  const line = queue(circuit, 2);
  const fair: CircuitPass[] = [];
  void circuit.enter(undefined, true).then((pass) => fair.push(pass));
  await clock.advance(0);
  // In doubt a fair request need not wait.
  expect([line.passes.length, fair.length]).toEqual([0, 1]);
  circuit.reportFailure(fair[0] as CircuitPass);
  const asked: CircuitPass[] = [];
  const remove = circuit.addSampler((pass) => asked.push(pass) > 0);
  await clock.advance(5000);
  expect([line.passes.length, asked.length]).toEqual([0, 1]);
  circuit.reportFailure(asked[0] as CircuitPass);
  remove();
  await clock.advance(10_000);
  expect([line.passes.length, asked.length]).toEqual([1, 1]);
});

test("a control question that ends without a result leaves the circuit open, and the next caller probes", async () => {
  const clock = createHandClock();
  const circuit = createCircuit({ clock, provider: PROVIDER, failuresToOpen: 1 });
  const asked: CircuitPass[] = [];
  circuit.addSampler((pass) => asked.length === 0 && asked.push(pass) > 0);
  expect(circuit.reportFailure(await circuit.enter())).toBe(false);
  const line = queue(circuit, 1);
  circuit.reportNothing(asked[0] as CircuitPass);
  expect(circuit.isOpen).toBe(true);
  await clock.advance(5000);
  expect(line.passes.map((pass) => pass.isProbe)).toEqual([true]);
});

test.each([
  [
    true,
    /^API_BASE_URL is http:\/\/api\.test:9999\/v1: is that right, and does anything answer there\? What/,
  ],
  [false, /^What has been fetched is kept/],
])("an outage names the address's setting where it is not the default: %j", async (isAddressOwn, hint) => {
  const clock = createHandClock();
  const provider = { ...PROVIDER, isAddressOwn };
  const circuit = createCircuit({ clock, provider, failuresToOpen: 1, maxProbes: 1 });
  circuit.reportFailure(await circuit.enter());
  const line = queue(circuit, 1);
  await clock.advance(5000);
  circuit.reportFailure(line.passes[0] as CircuitPass);
  const refused: unknown = await circuit.enter().catch((error: unknown) => error);
  expect((refused as TaskFailure).hint).toMatch(hint);
});

test("when the last waiting caller gives up, nothing sleeps any more", async () => {
  const { clock, circuit } = await openCircuit();
  const [one, other] = [new AbortController(), new AbortController()];
  const entering = [circuit.enter(one.signal), circuit.enter(other.signal)];
  expect(clock.sleepers).toBe(1);
  one.abort(new Error("cancelled"));
  await expect(entering[0]).rejects.toThrow("cancelled");
  expect(clock.sleepers).toBe(1);
  other.abort(new Error("cancelled too"));
  await expect(entering[1]).rejects.toThrow("cancelled too");
  expect(clock.sleepers).toBe(0);
  await expect(circuit.enter(AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  expect(clock.sleepers).toBe(0);
});

test("a waiting request that was never sent is probed before a control question is asked", async () => {
  const { clock, circuit } = await openCircuit();
  const asked: CircuitPass[] = [];
  const leave = circuit.addSampler((pass) => asked.push(pass) > 0);
  // In doubt already: only a failed probe leads to the cool-down in which both wait.
  expect(circuit.reportFailure(await circuit.enter(undefined, true))).toBe(false);
  const [failed, fair] = [circuit.enter(), circuit.enter(undefined, true)];
  await clock.advance(60_000);
  expect(await fair).toEqual({ isProbe: true });
  expect(asked).toEqual([]);
  circuit.reportFailure(await fair);
  await clock.advance(60_000);
  expect(asked).toEqual([{ isProbe: true }]);
  circuit.reportSuccess(asked[0] as CircuitPass);
  expect(await failed).toEqual({ isProbe: false });
  leave();
});

test("an outage says how many failed, for what cause, whose address it is and when to come again", async () => {
  const { clock, circuit } = await openCircuit(1);
  const line = queue(circuit, 1);
  await clock.advance(5_000);
  circuit.reportFailure(line.passes[0] as CircuitPass, "status 503");
  const refused = circuit.enter();
  await expect(refused).rejects.toMatchObject({
    code: "TMDB_UNAVAILABLE",
    retryable: true,
    retryAfterSeconds: 10,
    message:
      "api.test keeps failing: 3 requests in a row and then 1 probe got no valid answer. The last: status 503.",
    hint: "API_BASE_URL is http://api.test:9999/v1: is that right, and does anything answer there? What has been fetched is kept; the next attempt asks for the rest.",
  });
  const without = await openCircuit(1);
  const waiting = queue(without.circuit, 1);
  await without.clock.advance(5_000);
  without.circuit.reportFailure(waiting.passes[0] as CircuitPass);
  await expect(without.circuit.enter()).rejects.toMatchObject({
    message: "api.test keeps failing: 3 requests in a row and then 1 probe got no valid answer.",
  });
});
