/** The lake's verification over the API and on its page: one at a time, by operators alone. */
import { expect, test } from "vitest";
import { sql } from "../../../state/sqlite/statement.ts";
import { FORM, JSON_BODY, openAccessWorld } from "../../support/web/access-world.ts";
import { readJson } from "../../support/web/read-world.ts";
import { openWriteWorld } from "../../support/web/write-world.ts";

const VERIFY = "/api/dagmar/lake/verify";
const LIST = "/api/dagmar/lake/verifications";

test("it is entered once, and another one is refused while it is open", async () => {
  const world = await openWriteWorld();
  await world.begin();
  const first = await world.send("POST", VERIFY, { prefix: "Raw/", deep: true });
  expect(first.status, String(first.body)).toBe(200);
  expect(readJson(first)).toMatchObject({
    verification_id: 1,
    state: "queued",
    prefix: "Raw/",
    deep: true,
    requested_by: "token test",
    objects: null,
    deviations: [],
  });
  for (const state of ["queued", "running"]) {
    await world.database.write((query) => query.run(sql`UPDATE verifications SET state = ${state}`));
    const second = await world.send("POST", VERIFY, {});
    expect(second.status).toBe(409);
    expect(readJson(second)).toMatchObject({
      code: "VERIFY_RUNNING",
      detail: `Verification 1 of this lake is ${state}: token test asked for it.`,
    });
  }
  await world.database.write((query) =>
    query.run(sql`UPDATE verifications SET state = 'failed', error = 'why'`),
  );
  expect((await world.send("POST", VERIFY, {})).status).toBe(200);
  expect(readJson(await world.send("GET", LIST))).toMatchObject({
    verifications: [
      { verification_id: 2, state: "queued", prefix: "" },
      { verification_id: 1, state: "failed", error: "why" },
    ],
  });
  const unknown = await world.send("GET", `${LIST}/7`);
  expect([unknown.status, readJson(unknown)]).toEqual([
    404,
    expect.objectContaining({ code: "VERIFICATION_UNKNOWN" }),
  ]);
});

test("the same Idempotency-Key is one verification", async () => {
  const world = await openWriteWorld();
  await world.begin();
  const send = () => world.send("POST", VERIFY, {}, { "idempotency-key": "key-1" });
  expect(readJson(await send())).toEqual(readJson(await send()));
  expect(world.database.all(sql`SELECT 1 FROM verifications`)).toHaveLength(1);
});

test("a viewer reads its result and may not ask for one", async () => {
  const { http, addToken } = await openAccessWorld({ password: "a password" });
  const viewer = { ...JSON_BODY, Authorization: `Bearer ${await addToken("viewer")}` };
  const operator = { ...JSON_BODY, Authorization: `Bearer ${await addToken("operator")}` };
  expect((await http(VERIFY, { method: "POST", headers: viewer, body: "{}" })).status).toBe(403);
  expect((await http(VERIFY, { method: "POST", headers: operator, body: "{}" })).status).toBe(200);
  expect((await http(`${LIST}/1`, { headers: viewer })).status).toBe(200);
  expect((await http("/lake", { headers: viewer })).text).toMatch(/requested by token operator/);
});

test("its page has a button for operators while none is open, and shows the newest result", async () => {
  const { http, addToken, database, lake } = await openAccessWorld({ password: "a password" });
  const viewer = { Authorization: `Bearer ${await addToken("viewer")}` };
  const operator = { Authorization: `Bearer ${await addToken("operator")}` };
  const see = async (headers: Readonly<Record<string, string>>) => (await http("/lake", { headers })).text;
  expect(await see(viewer)).not.toContain('action="/lake/verify"');
  expect(await see(operator)).toMatch(/dagmar lake verify[\s\S]*action="\/lake\/verify"/);
  const pressed = await http("/lake/verify", {
    method: "POST",
    headers: { ...operator, ...FORM },
    body: "deep=on",
  });
  expect([pressed.status, pressed.headers["location"]]).toEqual([303, "/lake#verification"]);
  const waiting = await see(operator);
  expect(waiting).toContain("It waits for a scheduler.");
  expect(waiting).toContain("dagmar lake verify --deep");
  expect(waiting).not.toContain('action="/lake/verify"');
  await database.write((query) =>
    query.run(
      sql`UPDATE verifications SET state = 'done', finished_at = '2026-11-23T09:00:00.000Z', checked = 1200, objects = 1200,
          foreign_objects = 2, is_faulty = 1, counts = '{"missing":1}',
          deviations = '[{"key":"Raw/<b>.json","verdict":"missing","detail":"12 bytes are gone"}]' WHERE lake = ${lake.id}`,
    ),
  );
  const done = await see(viewer);
  expect(done).toMatch(/1.200 objects were compared; 2 foreign ones were skipped\./);
  expect(done).toMatch(/Raw\/&lt;b&gt;\.json[\s\S]*12 bytes are gone/);
});
