/** What the OpenAPI document says about who may: each answer of the guard and of a login is one that it describes. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { writeOpenApi } from "../../../web/api/openapi.ts";
import { isWrite } from "../../../web/api/route.ts";
import { ROUTES } from "../../../web/api/routes.ts";
import { FORM, JSON_BODY, openAccessWorld, type Got } from "../../support/web/access-world.ts";

const PASSWORD = "correct horse battery";
const GUARDED = { "401": "LoginRequired", "403": "NotPermitted" } as const;

interface Operation {
  readonly security?: readonly unknown[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly $ref?: string; readonly content?: Readonly<Record<string, { schema: object }>> }
    >
  >;
}

interface Document {
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, { readonly content: object }>>;
  };
}

const DOCUMENT = writeOpenApi(ROUTES, "1.2.3") as unknown as Document;

function expectProblem({ headers, text }: Got): void {
  expect(headers["content-type"]).toContain("application/problem+json");
  expectShape(DOCUMENT.components.schemas["Problem"] ?? {}, text);
}

function expectShape(schema: object, text: string): void {
  const isValid = addFormats.default(new Ajv2020({ strict: false, allErrors: true })).compile(schema);
  isValid(JSON.parse(text));
  expect(isValid.errors).toBe(null);
}

test("every route needs what the document says, and no route is open by mistake", () => {
  expect(DOCUMENT.security).toEqual([{}, { token: [] }, { session: [] }]);
  expect(Object.keys(DOCUMENT.components.securitySchemes)).toEqual(["token", "session"]);
  for (const { method, path } of ROUTES) {
    const operation = DOCUMENT.paths[path]?.[method.toLowerCase()];
    expect(operation?.security, `${method} ${path}`).toBe(undefined);
    for (const [status, name] of Object.entries(GUARDED)) {
      expect(operation?.responses[status]?.$ref).toBe(`#/components/responses/${name}`);
    }
  }
  const open = Object.entries(DOCUMENT.paths).flatMap(([path, operations]) =>
    Object.values(operations).flatMap(({ security }) => (security === undefined ? [] : [path])),
  );
  expect(open).toEqual(["/auth/token", "/auth/token/cli", "/login", "/logout"]);
});

test("without a login every route answers 401, and a write of a viewer 403", async () => {
  const { http, addToken } = await openAccessWorld({ password: PASSWORD });
  const viewer = { ...JSON_BODY, Authorization: `Bearer ${await addToken("viewer")}` };
  for (const route of ROUTES) {
    const target = route.path.replaceAll(/\{\w+\}/g, "1");
    const body = route.method === "GET" ? {} : { body: "{}" };
    const unknown = await http(target, { method: route.method, headers: JSON_BODY, ...body });
    expect(unknown.status, `${route.method} ${target}`).toBe(401);
    expect(unknown.headers["www-authenticate"]).toContain("Bearer");
    expectProblem(unknown);
    if (!isWrite(route)) continue;
    const refused = await http(target, { method: route.method, headers: viewer, ...body });
    expect(refused.status, `${route.method} ${target}`).toBe(403);
    expectProblem(refused);
  }
});

describe("a login", () => {
  test.each(["/auth/token", "/auth/token/cli"])("at %s answers as described", async (path) => {
    const { http } = await openAccessWorld({ password: PASSWORD });
    const { responses } = DOCUMENT.paths[path]?.["post"] ?? { responses: {} };
    const send = (body: string, headers: Readonly<Record<string, string>> = JSON_BODY) =>
      http(path, { method: "POST", headers, body });
    const login = (password: string) => send(JSON.stringify({ username: "marina", password }));
    const made = await login(PASSWORD);
    expect(made.status).toBe(201);
    expectShape(responses["201"]?.content?.["application/json"]?.schema ?? {}, made.text);
    const faults = [await send("{}"), await send("a=b", FORM), await login("wrong")];
    expect(faults.map(({ status }) => status)).toEqual([422, 415, 401]);
    for (let tries = 0; tries < 4; tries += 1) await login("wrong");
    const later = await login(PASSWORD);
    expect(later.status).toBe(429);
    expect(later.headers["retry-after"]).toMatch(/^\d+$/);
    for (const fault of [...faults, later]) expectProblem(fault);
    expect(Object.keys(responses)).toEqual(["201", "401", "429", "default"]);
  });

  test("by the form sets the cookie of the scheme, and a logout ends it", async () => {
    const { http, logIn } = await openAccessWorld({ password: PASSWORD });
    const cookie = await logIn(PASSWORD);
    const { name } = DOCUMENT.components.securitySchemes["session"] as { name: string };
    expect(cookie).toMatch(new RegExp(`^${name}_\\w{1,8}=`));
    expect((await http("/api/v2/dags", { headers: { Cookie: cookie } })).status).toBe(200);
    const wrong = await http("/login", { method: "POST", headers: FORM, body: "name=a&password=wrong" });
    expect([wrong.status, wrong.headers["content-type"]]).toEqual([
      401,
      expect.stringContaining("text/html"),
    ]);
    const left = await http("/logout", { method: "POST", headers: { ...FORM, Cookie: cookie }, body: "" });
    expect(left.status).toBe(303);
    expect(Object.keys(DOCUMENT.paths["/logout"]?.["post"]?.responses ?? {})).toEqual(["303", "default"]);
    expect((await http("/api/v2/dags", { headers: { Cookie: cookie } })).status).toBe(401);
  });
});
