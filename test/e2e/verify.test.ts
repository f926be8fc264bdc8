/** `POST /api/dagmar/lake/verify` of a running scheduler: what `dagmar lake verify` finds, while the loop continues. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ageFile } from "../support/cli.ts";
import { startS3Server } from "../support/s3-server/server.ts";
import { ask, eventually, untilReady, useServiceWorld, type Scheduler } from "../support/service-process.ts";

const NOTES =
  'schedule: manual\ntasks:\n  file: { type: file-to-lake, with: { dataset: notes, file: notes.txt, key: "Raw/${partition}/notes.txt" } }\n';
const KEY = "Raw/2026/11/23/notes.txt";

async function verify(scheduler: Scheduler, body: unknown): Promise<Record<string, unknown>> {
  const reply = await fetch(`${scheduler.url}/api/dagmar/lake/verify`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(reply.status).toBe(200);
  const { verification_id: id } = (await reply.json()) as { verification_id: number };
  let found: Record<string, unknown> = {};
  await eventually(
    "the verification ends",
    async () => {
      found = JSON.parse(
        (await ask(`${scheduler.url}/api/dagmar/lake/verifications/${id}`)).text,
      ) as typeof found;
      return found["finished_at"] !== null;
    },
    scheduler,
  );
  return found;
}

test("an object that is gone is found, kept and shown", async () => {
  const world = useServiceWorld();
  world.writeDag("notes", NOTES);
  writeFileSync(join(world.inputFolder, "notes.txt"), "notes");
  ageFile(join(world.inputFolder, "notes.txt"));
  await world.prepare(["run", "notes", "--date", "2026-11-23"]);
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  expect(await verify(scheduler, { deep: true })).toMatchObject({
    state: "done",
    deep: true,
    checked: 1,
    is_faulty: false,
    counts: {},
    deviations: [],
  });
  rmSync(join(world.lakeFolder, KEY));
  expect(await verify(scheduler, {})).toMatchObject({
    state: "done",
    is_faulty: true,
    counts: { missing: 1 },
    deviations: [{ key: KEY, verdict: "missing", detail: "5 bytes are gone" }],
  });
  const command = await world.run(["lake", "verify"]);
  expect([command.exitCode, command.stdout]).toEqual([1, expect.stringContaining(KEY)]);
  expect((await ask(`${scheduler.url}/lake`)).text).toContain("5 bytes are gone");
  expect((await ask(`${scheduler.url}/readyz`)).status).toBe(200);
  expect((await scheduler.stop()).exitCode).toBe(0);
  expect(world.countEvents("verify_done")).toBe(2);
});

test("of a lake in S3, an object that another program removed is found", async () => {
  const server = await startS3Server();
  onTestFinished(() => server.close());
  const world = useServiceWorld();
  Object.assign(world.environment, {
    DAGMAR_LAKE: `s3://${server.bucket}/zone`,
    AWS_REGION: server.region,
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  });
  world.writeDag("notes", NOTES);
  writeFileSync(join(world.inputFolder, "notes.txt"), "notes");
  ageFile(join(world.inputFolder, "notes.txt"));
  await world.prepare(["run", "notes", "--date", "2026-11-23"]);
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  expect(await verify(scheduler, { deep: true })).toMatchObject({
    state: "done",
    checked: 1,
    is_faulty: false,
  });
  server.remove(`zone/${KEY}`);
  expect(await verify(scheduler, {})).toMatchObject({ counts: { missing: 1 }, deviations: [{ key: KEY }] });
  expect((await scheduler.stop()).exitCode).toBe(0);
});

test("a store that cannot be read is a failure with its reason, and the scheduler continues", async () => {
  const world = useServiceWorld();
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  rmSync(world.lakeFolder, { recursive: true, force: true });
  writeFileSync(world.lakeFolder, "no folder");
  const found = await verify(scheduler, {});
  expect(found).toMatchObject({ state: "failed", is_faulty: null });
  expect(String(found["error"])).not.toBe("");
  expect((await ask(`${scheduler.url}/readyz`)).status).toBe(200);
  await scheduler.stop();
});
