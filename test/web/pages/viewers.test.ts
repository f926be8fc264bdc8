/** A viewer who has logged in with a token: every form of the pages is refused, whatever it sends. */
import { expect, test } from "vitest";
import { sql } from "../../../state/sqlite/statement.ts";
import { ACTIONS } from "../../../web/pages/actions.ts";
import { FORM, openAccessWorld } from "../../support/web/access-world.ts";

test("no form of the pages is carried out in a viewer's session", async () => {
  const world = await openAccessWorld({ host: "0.0.0.0" });
  const cookie = await world.logIn(await world.addToken("viewer"));
  const page = await world.http("/dags", { headers: { Cookie: cookie, Accept: "text/html" } });
  expect(page.status).toBe(200);
  const before = world.database.all(sql`SELECT count(*) FROM events`);
  for (const { path } of ACTIONS) {
    const target = path.replaceAll(/\{(\w+)\}/g, "1");
    const got = await world.http(target, {
      method: "POST",
      headers: { ...FORM, Cookie: cookie },
      body: "a=b",
    });
    expect(got.status, path).toBe(403);
    expect(got.text, path).toContain("may only read");
  }
  expect(world.database.all(sql`SELECT count(*) FROM events`)).toEqual(before);
});
