/** Logging in and out: the form of the pages, and Airflow's `/auth/token`. The guard has let the request through by its path. */
import { randomBytes } from "node:crypto";
import { raiseRefusal } from "../../app/raise-refusal.ts";
import type { OrderAnswer, OrderOutcome } from "../../app/service/orders.ts";
import {
  parseSecret,
  SECRET_BYTES,
  writeSecret,
  type Credential,
  type Secret,
} from "../../model/access/credential.ts";
import type { Role } from "../../model/access/user.ts";
import { escapeControlCharacters } from "../../model/text/control-character.ts";
import { judgeError, replyProblem, replyRefusal } from "../api/problem.ts";
import {
  JSON_TYPE,
  reply,
  replyMethodNotAllowed,
  TEXT,
  type HttpReply,
  type HttpRequest,
} from "../server/exchange.ts";
import { FORM_BODY, JSON_BODY, readContentType } from "../server/read-body.ts";
import type { AccessTools } from "./access-tools.ts";
import { keepOwnPath } from "./own-path.ts";
import type { PasswordCheck } from "./password.ts";
import { dropSecrets, readCookie } from "./read-secret.ts";

const LOGIN = "/login";
const LOGOUT = "/logout";
const TOKEN = "/auth/token";
/** airflowctl asks here. */
const TOKEN_CLI = "/auth/token/cli";
export const SIGN_IN_PATHS = [LOGIN, LOGOUT, TOKEN, TOKEN_CLI] as const;

const HOUR_SECONDS = 3_600;
const PAGES_SECONDS = 7 * 24 * HOUR_SECONDS;
/** As long as Airflow's. */
const API_SECONDS = 24 * HOUR_SECONDS;
const LONGEST_NAME = 100;

export interface SignInTools extends AccessTools {
  readonly passwords: PasswordCheck;
  readonly cookieName: string;
  readonly digest: (secret: Secret) => Promise<Credential>;
  /** Of a session's secret. */
  readonly hashOwn: (secret: string) => Promise<string>;
}

/** Who has proved who they are. */
interface Proven {
  readonly name: string;
  readonly role: Role;
  readonly tokenId: number | null;
}

interface Refused {
  readonly status: 401 | 429;
  readonly detail: string;
  /** For the login page. */
  readonly fault: "wrong" | "later";
  /** Tries left, or seconds to wait; `null` for a token, of which tries are not counted. */
  readonly count: number | null;
}

export function createSignIn(tools: SignInTools) {
  const { passwords, cookieName, basePath, isLoginNeeded, clock, log, orders, timezone } = tools;

  /** `given`: the password, or a token in its place. */
  async function prove(name: string, given: string): Promise<Proven | Refused | HttpReply> {
    const secret = parseSecret(given);
    if (secret?.kind === "token") {
      const found = await tools.identify(await tools.digest(secret));
      if ("status" in found) return found;
      if (found.user === null) return refuse("wrong", null);
      return { ...found.user, tokenId: secret.id };
    }
    if (!isLoginNeeded) return { name, role: "operator", tokenId: null };
    const verdict = await passwords.check(given);
    if (verdict.kind === "right") return { name, role: "operator", tokenId: null };
    log.warn(`A login was refused: ${verdict.kind === "wrong" ? "wrong password" : "too many tries"}.`);
    return verdict.kind === "wrong"
      ? refuse("wrong", verdict.triesLeft)
      : refuse("later", verdict.retryAfterSeconds);
  }

  /** The session's secret, or why it could not be opened. */
  async function open({ name, role, tokenId }: Proven, lifeSeconds: number): Promise<string | HttpReply> {
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const request = {
      name,
      role,
      tokenId,
      secretHash: await tools.hashOwn(secret),
      expiresAt: new Date(clock.now().getTime() + lifeSeconds * 1000).toISOString(),
      timezone,
    };
    const outcome = await orders.carryOut({
      order: { kind: "open_session", request },
      key: null,
      requestedBy: name,
      triggeredBy: null,
    });
    if (outcome.state !== "done") return replyNotNow(outcome);
    const { sessionId } = outcome.answer as unknown as OrderAnswer<"open_session">;
    return writeSecret({ kind: "session", id: sessionId, secret });
  }

  /** Ends the session of the request's cookie, if it is a valid one. */
  async function close(request: HttpRequest): Promise<HttpReply | undefined> {
    const secret = readCookie(request, cookieName);
    if (secret === undefined) return undefined;
    const found = await tools.identify(await tools.digest(secret));
    if ("status" in found) return found;
    if (found.user === null) return undefined;
    const outcome = await orders.carryOut({
      order: { kind: "close_session", request: { sessionId: secret.id, timezone } },
      key: null,
      requestedBy: found.user.name,
      triggeredBy: null,
    });
    return outcome.state === "done" ? undefined : replyNotNow(outcome);
  }

  function writeCookie(request: HttpRequest, value: string, lifeSeconds: number): string {
    // A proxy says so; a client that says so itself only gets a cookie that it does not send over HTTP.
    const isSecure = request.headers["x-forwarded-proto"]?.toLowerCase().startsWith("https") === true;
    const path = basePath === "" ? "/" : basePath;
    return `${cookieName}=${value}; Path=${path}; Max-Age=${lifeSeconds}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  }

  async function logIn(request: HttpRequest): Promise<HttpReply> {
    if (readContentType(request) !== FORM_BODY) return replyType(FORM_BODY);
    const form = new URLSearchParams(request.body);
    const next = keepOwnPath(form.get("next"));
    const name = cleanName(form.get("name"));
    const proven = await prove(name, form.get("password") ?? form.get("token") ?? "");
    if (isReply(proven)) return proven;
    if ("fault" in proven) return await showRefusal(request, proven, { next, name });
    const closed = await close(request);
    if (closed !== undefined) return closed;
    const session = await open(proven, PAGES_SECONDS);
    if (typeof session !== "string") return session;
    return redirect(next, writeCookie(request, session, PAGES_SECONDS));
  }

  async function showRefusal(
    request: HttpRequest,
    { status, fault, count }: Refused,
    more: Readonly<Record<"next" | "name", string>>,
  ): Promise<HttpReply> {
    const search = new URLSearchParams({
      ...more,
      fault,
      ...(count === null ? {} : { count: String(count) }),
    });
    const page = await tools.render({
      ...request,
      ...dropSecrets(request, cookieName),
      method: "GET",
      search: `?${search.toString()}`,
      body: "",
    });
    const later = status === 429 ? { "Retry-After": String(count) } : {};
    return { ...page, status, headers: { ...page.headers, ...later, "Cache-Control": "no-store" } };
  }

  async function logOut(request: HttpRequest): Promise<HttpReply> {
    const fault = await close(request);
    return fault ?? redirect(LOGIN, writeCookie(request, "", 0));
  }

  async function giveToken(request: HttpRequest, lifeSeconds: number): Promise<HttpReply> {
    if (readContentType(request) !== JSON_BODY) return replyType(JSON_BODY);
    const given = parseLogin(request.body);
    if (given === undefined) {
      const detail = 'The body is {"username": "…", "password": "…"}.';
      return replyProblem({ status: 422, code: "USAGE", detail });
    }
    const proven = await prove(cleanName(given.username), given.password);
    if (isReply(proven)) return proven;
    if ("fault" in proven) {
      const { status, detail, count } = proven;
      const code = status === 429 ? "TOO_MANY_TRIES" : "LOGIN_REQUIRED";
      const headers = status === 429 ? { "Retry-After": String(count) } : {};
      return replyProblem({ status, code, detail }, headers);
    }
    const session = await open(proven, lifeSeconds);
    if (typeof session !== "string") return session;
    return reply(201, JSON_TYPE, `${JSON.stringify({ access_token: session })}\n`);
  }

  return {
    /** `undefined` for a request that is none of these, and for the login page itself. */
    async answer(request: HttpRequest): Promise<HttpReply | undefined> {
      switch (request.path) {
        case LOGIN:
          if (request.method === "GET") return undefined;
          return request.method === "POST" ? logIn(request) : replyMethodNotAllowed(["GET", "HEAD", "POST"]);
        case LOGOUT:
          return request.method === "POST" ? logOut(request) : replyMethodNotAllowed(["POST"]);
        case TOKEN:
        case TOKEN_CLI: {
          if (request.method !== "POST") return replyMethodNotAllowed(["POST"]);
          return giveToken(request, request.path === TOKEN ? API_SECONDS : HOUR_SECONDS);
        }
        default:
          return undefined;
      }
    },
  };
}

function refuse(fault: Refused["fault"], count: number | null): Refused {
  return fault === "wrong"
    ? { status: 401, detail: "The password or token is not valid.", fault, count }
    : { status: 429, detail: `Too many tries. Wait ${count} s.`, fault, count };
}

/** Free text: it says who uses the shared password, and proves nothing. */
function cleanName(given: string | null): string {
  const typed = (given ?? "").trim().slice(0, LONGEST_NAME);
  const name = escapeControlCharacters(typed).slice(0, LONGEST_NAME);
  return name === "" ? "admin" : name;
}

function parseLogin(body: string): { readonly username: string; readonly password: string } | undefined {
  try {
    const given = JSON.parse(body) as unknown;
    if (typeof given !== "object" || given === null) return undefined;
    const { username, password } = given as Readonly<Record<string, unknown>>;
    return typeof username === "string" && typeof password === "string" ? { username, password } : undefined;
  } catch {
    return undefined;
  }
}

function isReply(given: object): given is HttpReply {
  return "headers" in given;
}

function redirect(path: string, cookie: string): HttpReply {
  const made = reply(303, TEXT, "\n");
  return { ...made, headers: { ...made.headers, Location: path, "Set-Cookie": cookie } };
}

function replyType(type: string): HttpReply {
  return replyProblem({ status: 415, code: "USAGE", detail: `The body is ${type}.` });
}

function replyNotNow(outcome: OrderOutcome): HttpReply {
  const known = outcome.state === "refused" ? judgeError(raiseRefusal(outcome.refusal)) : undefined;
  const detail = "The session could not be changed now.";
  return replyRefusal(known ?? { status: 503, code: "NO_SCHEDULER", detail });
}
