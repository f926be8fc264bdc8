/** The part of the OpenAPI document about who may: schemes, the answers of the guard, and the paths where one signs in. */
import { z } from "zod";

export type Json = z.core.util.JSONType;
export type Document = Record<string, Json>;

const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const PAGE = { "text/html": { schema: { type: "string" } } };
const TEXT = { schema: { type: "string" } };

/** `{}`: nothing is needed on a loopback address without a password. */
export const SECURITY = [{}, { token: [] }, { session: [] }];

export const SECURITY_SCHEMES = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "A token of `dagmar tokens create`, or the access_token of POST /auth/token.",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "dagmar_session",
    description:
      "The cookie that POST /login sets. The first eight characters of the database's id follow its name, after an underscore.",
  },
};

export const GUARD_ANSWERS = {
  "401": { $ref: "#/components/responses/LoginRequired" },
  "403": { $ref: "#/components/responses/NotPermitted" },
};

export const GUARD_RESPONSES = {
  LoginRequired: {
    description: "It needs a login, or the token or session is not valid.",
    headers: { "WWW-Authenticate": TEXT },
    content: PROBLEM,
  },
  NotPermitted: {
    description: "The user is a viewer, or the request comes from another site or under another name.",
    content: PROBLEM,
  },
};

const passwordLogin = z.object({
  username: z.string().describe("Free: events show it."),
  password: z.string().describe("The password, or a token in its place."),
});
const loginForm = z.object({
  name: z.string().optional().describe("Free: events show it."),
  password: z.string().describe("The password, or a token in its place."),
  next: z.string().optional().describe("The path to go to afterwards."),
});
const accessToken = z.strictObject({ access_token: z.string() });

/** Open to all; `access/sign-in.ts` answers them. */
export const SIGN_IN: Document = {
  "/auth/token": { post: describeToken("create_token", "24 hours") },
  "/auth/token/cli": { post: describeToken("create_token_cli", "one hour") },
  "/login": {
    post: describeSignIn("log_in", "Logs in for seven days by a form: sets the cookie of a session.", {
      body: { "application/x-www-form-urlencoded": { schema: writeInput(loginForm) } },
      answers: {
        "303": {
          description: "Logged in: leads to `next`, or to the first page.",
          headers: { Location: TEXT, "Set-Cookie": TEXT },
        },
        "401": {
          description: "The login page, which says that the password or token is not valid.",
          content: PAGE,
        },
        "429": { description: "The login page, after too many tries.", content: PAGE },
      },
    }),
  },
  "/logout": {
    post: describeSignIn("log_out", "Ends the session of the cookie.", {
      answers: {
        "303": {
          description: "Leads to the login page.",
          headers: { Location: TEXT, "Set-Cookie": TEXT },
        },
      },
    }),
  },
};

function describeToken(operationId: string, life: string): Document {
  return describeSignIn(
    operationId,
    `A token of a session that ends after ${life}, as Airflow's clients ask for it.`,
    {
      body: { "application/json": { schema: writeInput(passwordLogin) } },
      answers: {
        "201": {
          description: "The token, to be sent as Authorization: Bearer.",
          content: { "application/json": { schema: writeOutput(accessToken) } },
        },
        "401": { description: "The password or token is not valid.", content: PROBLEM },
        "429": {
          description: "Too many tries.",
          headers: { "Retry-After": TEXT },
          content: PROBLEM,
        },
      },
    },
  );
}

function describeSignIn(
  operationId: string,
  summary: string,
  { body, answers }: { readonly body?: Document; readonly answers: Document },
): Document {
  return {
    operationId,
    tags: ["Login"],
    summary,
    security: [],
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: { ...answers, default: { description: "A refusal or a fault.", content: PROBLEM } },
  };
}

function writeInput(schema: z.ZodType): Document {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest as Document;
}

function writeOutput(schema: z.ZodType): Document {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "output" });
  return rest as Document;
}
