/** Who may do what, over real HTTP: every kind of request that got past a login elsewhere, and those that must pass. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { revokeToken } from "../../../state/access/tokens.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { FORM, JSON_BODY, openAccessWorld, type Sent } from "../../support/web/access-world.ts";

const PASSWORD = "correct horse";
const DAGS = "/api/v2/dags";
const LOOK = { headers: { Accept: "text/html" } };
const DRY_RUN = { method: "POST", headers: JSON_BODY, body: '{"logical_date":null}' } as const;
/** A write that every operator may send; without such a Dag it is 404. */
const TRIGGER = "/api/v2/dags/none/dagRuns";
const bearer = (token: string, more: Sent = {}): Sent => ({
  ...more,
  headers: { ...more.headers, Authorization: `Bearer ${token}` },
});

async function sendBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

describe("on loopback, without a password", () => {
  test.each(["localhost", "LOCALHOST:8793", "127.0.0.1:8793", "127.1.2.3", "[::1]:8793"])(
    "a request to %s needs no login",
    async (host) => {
      const { http } = await openAccessWorld();
      expect((await http(DAGS, { headers: { Host: host } })).status).toBe(200);
    },
  );

  test.each([
    ["evil.example"],
    ["localhost.evil.example"],
    ["127.0.0.1.evil.example:8793"],
    ["evil.example:127.0.0.1"],
    ["localhost:80@evil.example"],
    ["10.0.0.1"],
    ["::1"],
  ])("one to %s is refused: the name may be another site's", async (host) => {
    const { http } = await openAccessWorld();
    for (const path of [DAGS, "/", "/login", "/auth/token"])
      expect((await http(path, { headers: { Host: host } })).status, path).toBe(403);
    expect((await http("/healthz", { headers: { Host: host } })).status).toBe(200);
  });

  test.each([
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Real-IP",
    "Via",
  ])("one with %s is refused: a proxy would open it to all machines", async (name) => {
    const { http } = await openAccessWorld();
    const got = await http(DAGS, { headers: { [name]: "203.0.113.7" } });
    expect(got.status).toBe(403);
    expect(got.text).toContain("DAGMAR_WEB_PASSWORD_FILE");
  });

  test("one over HTTP/1.0 is refused: proxies speak it by default, and add nothing else", async () => {
    const { port } = await openAccessWorld();
    const send = (path: string) => sendBytes(port, `GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const got = await send(DAGS);
    expect(got).toMatch(/^HTTP\/1\.1 403 /);
    expect(got).toContain("DAGMAR_WEB_PASSWORD_FILE");
    expect(await send("/login")).toMatch(/^HTTP\/1\.1 403 /);
    expect(await send("/healthz")).toMatch(/^HTTP\/1\.1 200 /);
    const guarded = await openAccessWorld({ password: PASSWORD });
    expect(await sendBytes(guarded.port, "GET /login HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("a write without a login has the name local", async () => {
    const { http, database, setDags, clock } = await openAccessWorld();
    setDags([makeDag([makeTask("one")], { dagId: "none" })]);
    await clock.advance(61_000);
    const got = await http(TRIGGER, DRY_RUN);
    expect(got.status).toBe(200);
    expect(JSON.parse(got.text)).toMatchObject({ triggering_user_name: "local" });
    expect(database.all(sql`SELECT requested_by FROM events WHERE kind = 'run_requested'`)).toEqual([
      { requested_by: "local" },
    ]);
  });

  test("a login is not needed, and works: its session has the name that was given", async () => {
    const { http, database } = await openAccessWorld();
    const got = await http("/auth/token", {
      method: "POST",
      headers: JSON_BODY,
      body: '{"username":"x","password":"y"}',
    });
    expect(got.status).toBe(201);
    const { access_token: token } = JSON.parse(got.text) as { access_token: string };
    expect((await http(DAGS, bearer(token))).status).toBe(200);
    expect((await http(TRIGGER, DRY_RUN)).status).toBe(404);
    expect(database.all(sql`SELECT requested_by FROM events WHERE kind = 'session_opened'`)).toEqual([
      { requested_by: "x" },
    ]);
  });

  test("a token is judged all the same: a wrong one is refused, and a viewer only reads", async () => {
    const { http, addToken } = await openAccessWorld();
    const viewer = await addToken("viewer");
    expect((await http(DAGS, bearer(viewer))).status).toBe(200);
    expect((await http(TRIGGER, bearer(viewer, DRY_RUN))).status).toBe(403);
    expect((await http(DAGS, bearer(`${viewer.slice(0, -1)}y`))).status).toBe(401);
  });
});

describe("a request that writes", () => {
  test.each<readonly [number, string, Readonly<Record<string, string>>]>([
    [404, "of curl, which sends neither header", {}],
    [404, "of our own page", { Origin: "http://localhost:8793", "Sec-Fetch-Site": "same-origin" }],
    [404, "of our own page over TLS", { Origin: "https://localhost:8793" }],
    [404, "that the user typed", { "Sec-Fetch-Site": "none" }],
    [403, "of another site", { Origin: "https://evil.example" }],
    [403, "of another port", { Origin: "http://localhost:3000" }],
    [403, "of a page without an origin", { Origin: "null" }],
    [403, "of a sandboxed page of ours", { Origin: "null", "Sec-Fetch-Site": "same-origin" }],
    [403, "of a subdomain", { "Sec-Fetch-Site": "same-site" }],
    [403, "of another site by its fetch", { "Sec-Fetch-Site": "cross-site" }],
    [
      403,
      "of another site that lies in one header",
      { Origin: "http://localhost:8793", "Sec-Fetch-Site": "cross-site" },
    ],
    [403, "with an empty origin", { Origin: "" }],
    [403, "of a site whose name begins like ours", { Origin: "http://localhost:8793.evil.example" }],
  ])("is answered %i %s", async (status, _, headers) => {
    const { http } = await openAccessWorld();
    const host = { Host: "localhost:8793" };
    expect((await http(TRIGGER, { ...DRY_RUN, headers: { ...JSON_BODY, ...host, ...headers } })).status).toBe(
      status,
    );
  });

  test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])(
    "with %s of another site is refused everywhere",
    async (method) => {
      const { http } = await openAccessWorld();
      for (const path of [DAGS, "/login", "/logout", "/auth/token", "/", "/api/dagmar/stream"]) {
        const got = await http(path, { method, headers: { Origin: "https://evil.example" } });
        expect(got.status, path).toBe(403);
      }
    },
  );
});

describe("with a password", () => {
  const open = () => openAccessWorld({ password: PASSWORD });

  test.each([
    DAGS,
    "/",
    "/dags",
    "/nothing",
    "/errors/USAGE",
    "/api/dagmar/openapi.json",
    "/api/dagmar/stream",
    "/api/v2/dags/x.css",
    "/api/v2/dags/dagmar.css",
    "/api/v2/dags;/healthz",
    "/api/v2/dags%3b/healthz",
    "/api/v2/dags?/healthz",
    "/api/v2/dags?token=1&access_token=1",
    "/api/v2/dags#/login",
    "/healthz/../api/v2/dags",
    "/login/../api/v2/dags",
    "/assets/../api/v2/dags",
    "/assets/dagmar.css/../../api/v2/dags",
    "/assets/dagmar.css/",
    "/assets/other.js",
    "/%2e%2e/api/v2/dags",
    "/assets/%2e%2e/api/v2/dags",
    "//api/v2/dags",
    "//healthz",
    "/healthz/",
    "/healthz%00",
    "/HEALTHZ",
    "/LOGIN",
    "/login/",
    "/login%2f",
    "/login;x",
    "/auth/token/",
    "/auth/token/other",
    "/API/V2/DAGS",
    "/api/v2/dags/~/dagRuns/x/taskInstances/y/logs/1",
    "/api/v2/dags/..%2f..%2fhealthz",
  ])("%s is refused without a login", async (path) => {
    const { http } = await open();
    for (const method of ["GET", "HEAD", "POST", "OPTIONS", "PURGE"])
      expect((await http(path, { method })).status, method).toBe(401);
  });

  test.each(["/healthz", "/readyz", "/metrics", "/login", "/assets/dagmar.css", "/assets/mark.svg?v=1"])(
    "%s is open",
    async (path) => {
      const { http } = await open();
      expect((await http(path)).status).toBe(200);
      expect((await http(path, { headers: { Host: "dagmar.example", "X-Forwarded-For": "x" } })).status).toBe(
        200,
      );
    },
  );

  test("a browser is led to the login page and back, and never to another site", async () => {
    const { http } = await open();
    const got = await http("/dags?state=failed", LOOK);
    expect([got.status, got.headers["location"]]).toEqual([303, "/login?next=%2Fdags%3Fstate%3Dfailed"]);
    const page = await http(got.headers["location"] as string);
    expect(page.text).toContain('name="next" value="/dags?state=failed"');
    for (const [next, location] of [
      ["/dags?state=failed", "/dags?state=failed"],
      ["//evil.example", "/"],
      ["/\\evil.example", "/"],
      ["/a\\b", "/"],
      ["/\t/evil.example", "/"],
      ["https://evil.example", "/"],
      ["javascript:alert(1)", "/"],
      ["evil", "/"],
      ["/a\r\nSet-Cookie: a=b", "/"],
      [" /a", "/"],
      ["", "/"],
    ] as const) {
      const body = new URLSearchParams({ next, password: PASSWORD }).toString();
      const done = await http("/login", { method: "POST", headers: FORM, body });
      expect([done.status, done.headers["location"]], next).toEqual([303, location]);
    }
  });

  test("the login page shows what it is given as text", async () => {
    const { http } = await open();
    const evil = encodeURIComponent('"><script>alert(1)</script>');
    const { text, headers } = await http(`/login?name=${evil}&next=${evil}&fault=${evil}&count=${evil}`);
    expect(text).not.toContain("<script");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect((await http("/login?fault=toString&count=1")).text).not.toContain('role="alert"');
    expect((await http("/login", { headers: { "Accept-Language": "pt-BR" } })).text).toContain(
      "Senha ou token",
    );
  });

  test("a login opens a session of its own, in a cookie that scripts cannot read", async () => {
    const { http, logIn, database } = await open();
    const [first, second] = [await logIn(PASSWORD), await logIn(PASSWORD, "ana\n")];
    expect(first).not.toBe(second);
    expect((await http(DAGS, { headers: { Cookie: `other=1; ${first}` } })).status).toBe(200);
    const got = await http("/login", {
      method: "POST",
      headers: { ...FORM, Cookie: first, "X-Forwarded-Proto": "https" },
      body: new URLSearchParams({ name: "marina", password: PASSWORD }).toString(),
    });
    expect(got.headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^dagmar_session_\w{8}=dagmar_session_3_[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
    // The session before it has ended.
    expect((await http(DAGS, { headers: { Cookie: first } })).status).toBe(401);
    expect((await http(DAGS, { headers: { Cookie: second } })).status).toBe(200);
    const events = database.all<{ message: string }>(sql`SELECT message FROM events ORDER BY event_id`);
    expect(events.map(({ message }) => message)).toEqual([
      "marina logged in (session 1, operator).",
      "ana logged in (session 2, operator).",
      "marina logged out (session 1).",
      "marina logged in (session 3, operator).",
    ]);
  });

  test("a logout ends the session on the server", async () => {
    const { http, logIn } = await open();
    const cookie = await logIn(PASSWORD);
    const got = await http("/logout", { method: "POST", headers: { Cookie: cookie } });
    expect([got.status, got.headers["location"]]).toEqual([303, "/login"]);
    expect(String(got.headers["set-cookie"])).toMatch(/^dagmar_session_\w{8}=; .*Max-Age=0/);
    expect((await http(DAGS, { headers: { Cookie: cookie } })).status).toBe(401);
    expect((await http("/logout", { headers: { Cookie: cookie } })).status).toBe(405);
  });

  test("a session expires after seven days", async () => {
    const { http, logIn, clock } = await open();
    const cookie = await logIn(PASSWORD);
    clock.setAhead(7 * 86_400_000);
    expect((await http(DAGS, { headers: { Cookie: cookie } })).status).toBe(401);
  });

  test("a session of another password, or without its secret, is worth nothing", async () => {
    const { http, logIn, database } = await open();
    const cookie = await logIn(PASSWORD);
    const [name = "", value = ""] = cookie.split("=");
    for (const wrong of [
      `${name}=${value.slice(0, -1)}${value.endsWith("x") ? "y" : "x"}`,
      `${name}=${value.replace("session_1_", "session_2_")}`,
      `${name}=${value.replace("session_", "token_")}`,
      `${name}=`,
      name,
      value,
    ])
      expect((await http(DAGS, { headers: { Cookie: wrong } })).status, wrong).toBe(401);
    await database.write((query) => query.run(sql`UPDATE web_sessions SET secret_hash = ${"0".repeat(64)}`));
    expect((await http(DAGS, { headers: { Cookie: cookie } })).status).toBe(401);
  });

  test("the password is the form's, Airflow's or none", async () => {
    const { http } = await open();
    const post = (path: string, headers: Readonly<Record<string, string>>, body: string) =>
      http(path, { method: "POST", headers, body });
    const right = JSON.stringify({ username: "airflow", password: PASSWORD });
    for (const path of ["/auth/token", "/auth/token/cli"]) {
      const got = await post(path, JSON_BODY, right);
      expect(got.status).toBe(201);
      const { access_token: token, ...rest } = JSON.parse(got.text) as { access_token: string };
      expect(rest).toEqual({});
      expect((await http(DAGS, bearer(token))).status).toBe(200);
      expect((await http(TRIGGER, bearer(token, DRY_RUN))).status).toBe(404);
    }
    expect((await post("/auth/token", FORM, "username=a&password=b")).status).toBe(415);
    expect((await post("/login", JSON_BODY, right)).status).toBe(415);
    for (const body of ["", "{", "[]", "null", '{"username":"a"}', '{"username":1,"password":2}'])
      expect((await post("/auth/token", JSON_BODY, body)).status, body).toBe(422);
    expect((await http("/auth/token")).status).toBe(405);
    const wrong = await post("/auth/token", JSON_BODY, '{"username":"a","password":"correct horse "}');
    expect([wrong.status, (JSON.parse(wrong.text) as { code: string }).code]).toEqual([
      401,
      "LOGIN_REQUIRED",
    ]);
  });

  test("a wrong token takes no try from the password, and the page says so", async () => {
    const { http, addToken } = await open();
    const token = await addToken("viewer");
    const attempt = (password: string) =>
      http("/login", { method: "POST", headers: FORM, body: new URLSearchParams({ password }).toString() });
    const wrong = `${token.slice(0, -1)}y`;
    for (let round = 0; round < 6; round += 1) {
      const got = await attempt(wrong);
      expect(got.status).toBe(401);
      expect(got.text).toContain("This token is not valid");
      expect(got.text).not.toMatch(/\d tr(y|ies)/);
    }
    expect((await attempt("wrong")).text).toContain("4 tries are left for passwords in this minute.");
    for (let round = 0; round < 2; round += 1) await attempt("wrong");
    expect((await attempt("wrong")).text).toContain("1 try is left for passwords in this minute.");
    expect((await attempt(token)).status).toBe(303);
  });

  test("after five wrong tries a minute even the right password waits, and sessions continue", async () => {
    const { http, logIn, clock } = await open();
    const cookie = await logIn(PASSWORD);
    const attempt = (password: string) =>
      http("/login", { method: "POST", headers: FORM, body: new URLSearchParams({ password }).toString() });
    const tries = await Promise.all(Array.from({ length: 8 }, () => attempt("wrong")));
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      401, 401, 401, 401, 401, 429, 429, 429,
    ]);
    const late = await attempt(PASSWORD);
    expect([late.status, late.headers["retry-after"]]).toEqual([429, "60"]);
    expect(late.text).toContain("Too many tries. Try again in 60 s.");
    expect((await http(DAGS, { headers: { Cookie: cookie } })).status).toBe(200);
    await clock.advance(60_000);
    expect((await attempt(PASSWORD)).status).toBe(303);
    // Right ones do not count.
    for (let round = 0; round < 6; round += 1) expect((await attempt(PASSWORD)).status).toBe(303);
  });
});

describe("a session of a server that needed no login", () => {
  const open = { method: "POST", headers: JSON_BODY, body: '{"username":"x","password":"y"}' } as const;

  test.each([
    ["a password is set", { password: PASSWORD }],
    ["other machines can reach it", { host: "0.0.0.0" }],
    ["both", { host: "0.0.0.0", password: PASSWORD }],
  ])("has ended once %s", async (_, settings) => {
    const before = await openAccessWorld();
    const got = await before.http("/auth/token", open);
    const { access_token: token } = JSON.parse(got.text) as { access_token: string };
    expect((await before.http(DAGS, bearer(token))).status).toBe(200);
    const after = await openAccessWorld({ ...settings, world: before });
    expect((await after.http(DAGS, bearer(token))).status).toBe(401);
    const again = await openAccessWorld({ world: before });
    expect((await again.http(DAGS, bearer(token))).status).toBe(200);
  });

  test("of another address and no password lasts while a token opened it", async () => {
    const before = await openAccessWorld({ host: "0.0.0.0" });
    const secret = await before.addToken("operator");
    const body = JSON.stringify({ username: "x", password: secret });
    const got = await before.http("/auth/token", { ...open, body });
    const { access_token: token } = JSON.parse(got.text) as { access_token: string };
    const after = await openAccessWorld({ host: "0.0.0.0", world: before });
    expect((await after.http(DAGS, bearer(token))).status).toBe(200);
  });
});

describe("a user with more than 50 sessions", () => {
  const post = (body: object): Sent => ({ method: "POST", headers: JSON_BODY, body: JSON.stringify(body) });
  const readToken = ({ text }: { readonly text: string }): string =>
    (JSON.parse(text) as { access_token: string }).access_token;

  test("loses the oldest, and no other user does; the event says so", async () => {
    const { http, addToken, events } = await openAccessWorld({ host: "0.0.0.0" });
    const [one, two] = [await addToken("operator"), await addToken("viewer")];
    const other = readToken(await http("/auth/token", post({ username: "x", password: two })));
    const tokens: string[] = [];
    for (let round = 0; round < 51; round += 1)
      tokens.push(readToken(await http("/auth/token", post({ username: "x", password: one }))));
    const states = await Promise.all(
      [...tokens.slice(0, 2), tokens.at(-1) ?? "", other].map(
        async (token) => (await http(DAGS, bearer(token))).status,
      ),
    );
    expect(states).toEqual([401, 200, 200, 200]);
    expect(events("session_closed")).toEqual([
      "session_closed: token operator has 50 sessions, which are the most: session 2 has ended.",
    ]);
  });

  test("is counted by name where there is no token", async () => {
    const { http, database } = await openAccessWorld();
    for (let round = 0; round < 52; round += 1) {
      expect((await http("/auth/token", post({ username: "ana", password: "" }))).status).toBe(201);
      if (round === 0) await http("/auth/token", post({ username: "marina", password: "" }));
    }
    expect(database.all(sql`SELECT name, count(*) AS n FROM web_sessions GROUP BY 1 ORDER BY 1`)).toEqual([
      { name: "ana", n: 50 },
      { name: "marina", n: 1 },
    ]);
  });
});

describe("a login that is too large", () => {
  const send = (path: string, headers: Readonly<Record<string, string>>, body: string) =>
    openAccessWorld({ password: PASSWORD }).then(({ http }) => http(path, { method: "POST", headers, body }));

  test.each([
    ["/login", FORM, `password=${"x".repeat(8_192)}`],
    ["/auth/token", JSON_BODY, JSON.stringify({ username: "a", password: "x".repeat(8_192) })],
  ])("is refused before it is read: %s", async (path, headers, body) => {
    expect((await send(path, headers, body)).status).toBe(413);
  });

  test("has a wrong password if that has more than 1,000 characters, and a short name", async () => {
    const long = JSON.stringify({ username: "a", password: "x".repeat(1_001) });
    expect((await send("/auth/token", JSON_BODY, long)).status).toBe(401);
    const { http, database } = await openAccessWorld({ password: PASSWORD });
    const body = JSON.stringify({ username: "\n".repeat(3_000), password: PASSWORD });
    expect((await http("/auth/token", { method: "POST", headers: JSON_BODY, body })).status).toBe(201);
    const named = JSON.stringify({ username: "n".repeat(7_000), password: PASSWORD });
    expect((await http("/auth/token", { method: "POST", headers: JSON_BODY, body: named })).status).toBe(201);
    expect(database.all(sql`SELECT name FROM web_sessions`)).toEqual([
      { name: "admin" },
      { name: "n".repeat(100) },
    ]);
  });
});

describe("a token", () => {
  const open = () => openAccessWorld({ host: "0.0.0.0" });

  test("of a viewer reads and changes nothing, with any method; an operator's does", async () => {
    const { http, addToken } = await open();
    const [viewer, operator] = [await addToken("viewer"), await addToken("operator")];
    for (const path of [DAGS, "/", "/api/dagmar/openapi.json"]) {
      expect((await http(path, bearer(viewer))).status, path).toBe(200);
      expect((await http(path, bearer(viewer, { method: "HEAD" }))).status, path).toBe(200);
    }
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      for (const path of [TRIGGER, DAGS, "/api/v2/backfills/dry_run"])
        expect((await http(path, bearer(viewer, { ...DRY_RUN, method }))).status, method).toBe(403);
    }
    expect((await http(TRIGGER, bearer(operator, DRY_RUN))).status).toBe(404);
  });

  test.each([
    ["in the query", "?token=TOKEN", {}],
    ["in the query by its other name", "?access_token=TOKEN", {}],
    ["as Basic", "", { Authorization: "Basic TOKEN" }],
    ["without Bearer", "", { Authorization: "TOKEN" }],
    ["with another word behind it", "", { Authorization: "Bearer TOKEN x" }],
    ["twice in one header", "", { Authorization: "Bearer TOKEN, Bearer TOKEN" }],
    ["in another header", "", { "X-Api-Key": "TOKEN" }],
    ["in a cookie", "", { Cookie: "token=TOKEN" }],
    ["in the cookie of a session", "", { Cookie: "SESSION=TOKEN" }],
  ])("%s is not read", async (_, search, headers) => {
    const { http, addToken, logIn } = await open();
    const token = await addToken("operator");
    const cookie = await logIn(token);
    // What is refused below is the token's place, not the token or the cookie's name.
    expect((await http(DAGS, bearer(token))).status).toBe(200);
    expect((await http(DAGS, { headers: { Cookie: cookie } })).status).toBe(200);
    const [session = ""] = cookie.split("=", 1);
    const put = (text: string): string => text.replaceAll("TOKEN", token).replace("SESSION", session);
    const filled = Object.entries(headers).map(([name, value]) => [name, put(value)] as const);
    const got = await http(DAGS + put(search), { headers: Object.fromEntries(filled) });
    expect(got.status).toBe(401);
    expect(got.headers["www-authenticate"]).toBe('Bearer realm="Dagmar"');
  });

  test("logs in on the page in place of the password, with its role and its end", async () => {
    const { http, addToken, logIn, database } = await open();
    const cookie = { Cookie: await logIn(await addToken("viewer")) };
    expect((await http("/", { headers: { ...cookie, ...LOOK.headers } })).status).toBe(200);
    expect((await http(TRIGGER, { ...DRY_RUN, headers: { ...JSON_BODY, ...cookie } })).status).toBe(403);
    expect((await http("/logout", { method: "POST", headers: cookie })).status).toBe(303);
    const again = { Cookie: await logIn(await addToken("viewer")) };
    await database.write((query) => query.run(sql`UPDATE api_tokens SET revoked_at = '2026-01-01'`));
    expect((await http(DAGS, { headers: again })).status).toBe(401);
  });

  test("that is revoked breaks off the streams that it has opened, and no others", async () => {
    const { port, addToken, clock, database, log } = await open();
    const streams = await Promise.all(
      (["viewer", "operator"] as const).map(async (role) => {
        const headers = { Authorization: `Bearer ${await addToken(role)}` };
        const response = await fetch(`http://127.0.0.1:${port}/api/dagmar/stream`, { headers });
        return response.body?.getReader() ?? Promise.reject(new Error("no stream"));
      }),
    );
    for (const stream of streams) expect((await stream.read()).done).toBe(false);
    await database.write((query) => revokeToken(query, 1, "test", clock.now()));
    const [revoked, other] = streams;
    const ended = (async () => {
      while (!(await revoked?.read())?.done);
    })();
    ended.catch(() => undefined);
    const heard = other?.read();
    await clock.advance(16_000);
    await expect(ended).rejects.toThrow("terminated");
    expect((await heard)?.done).toBe(false);
    await other?.cancel();
    // Nothing is wrong: such an end is expected.
    expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
  });

  test("of another address than loopback is needed by every request, whatever its Host", async () => {
    const { http } = await open();
    for (const host of ["localhost", "127.0.0.1", "dagmar.example"])
      expect((await http(DAGS, { headers: { Host: host } })).status).toBe(401);
    const login = new URLSearchParams({ password: "" }).toString();
    expect((await http("/login", { method: "POST", headers: FORM, body: login })).status).toBe(401);
  });
});

describe("below a base path", () => {
  const open = () => openAccessWorld({ password: PASSWORD, basePath: "/x/y" });

  test("pages, API, login and cookie are there, and nowhere else", async () => {
    const { http, logIn } = await open();
    const cookie = { Cookie: await logIn(PASSWORD) };
    for (const path of ["/x/y/api/v2/dags", "/x/y/", "/x/y", "/x/y/healthz", "/healthz"])
      expect((await http(path, { headers: cookie })).status, path).toBe(200);
    for (const path of [
      "/api/v2/dags",
      "/",
      "/x",
      "/x/yy",
      "/x/y2/api/v2/dags",
      "/login",
      "/x/y//api/v2/dags",
    ])
      expect((await http(path, { headers: cookie })).status, path).toBe(404);
    const led = await http("/x/y/dags", LOOK);
    expect([led.status, led.headers["location"]]).toEqual([303, "/x/y/login?next=%2Fdags"]);
    const body = new URLSearchParams({ password: PASSWORD, next: "/dags" }).toString();
    const done = await http("/x/y/login", { method: "POST", headers: FORM, body });
    expect(done.headers["location"]).toBe("/x/y/dags");
    expect(String(done.headers["set-cookie"])).toContain("; Path=/x/y; ");
    const page = (await http("/x/y/login")).text;
    for (const [, link = ""] of page.matchAll(/(?:href|src|action)="([^"#]+)"/g))
      expect(link).toMatch(/^\/x\/y\//);
    const problem = JSON.parse((await http("/x/y/api/v2/dags")).text) as { type: string };
    expect(problem.type).toBe("/x/y/errors/LOGIN_REQUIRED");
    const missing = await http("/x/y/api/v2/dags/none", { headers: cookie });
    expect((JSON.parse(missing.text) as { type: string }).type).toBe("/x/y/errors/DAG_UNKNOWN");
  });
});
