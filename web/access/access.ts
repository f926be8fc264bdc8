/**
 * The one guard before every page, route and stream: whether a request may pass, and whose it is. What is open without a
 * login is an exact list of paths.
 */
import { hashSession, hashToken, type Credential, type Secret } from "../../model/access/credential.ts";
import { ANONYMOUS, LOCAL, mayWrite, type User } from "../../model/access/user.ts";
import { replyProblem } from "../api/problem.ts";
import { stripBasePath } from "../server/base-path.ts";
import {
  reply,
  TEXT,
  type Admitted,
  type HttpReply,
  type HttpRequest,
  type HttpStream,
  type ReceivedHead,
  type RequestHead,
} from "../server/exchange.ts";
import type { AccessTools } from "./access-tools.ts";
import { findOriginFault } from "./check-origin.ts";
import { createPasswordCheck } from "./password.ts";
import { dropSecrets, readSecret } from "./read-secret.ts";
import { createSignIn, SIGN_IN_PATHS } from "./sign-in.ts";
import { watchStream } from "./watch-stream.ts";

export interface Access {
  /** The request as the rest of the server sees it, or why it may not pass. Its body is not read yet. */
  admit(head: ReceivedHead): Promise<Admitted | HttpReply>;
  /** The reply to a login or logout; `undefined` for any other request. */
  answer(request: HttpRequest): Promise<HttpReply | undefined>;
  /** The stream that a request has opened, until what admitted the request has ended. */
  watch(request: HttpRequest, stream: HttpStream): HttpStream;
}

/** Anyone may open a session where no login is needed: it is worth nothing where one is. */
const NO_LOGIN_KEY = Buffer.from("no login was needed");

type Proof = Pick<Admitted, "user" | "credential">;

/** Style sheet, script and mark of the login page. */
const OPEN_FILES = ["/assets/dagmar.css", "/assets/dagmar.js", "/assets/mark.svg"];
const OPEN: ReadonlySet<string> = new Set([...SIGN_IN_PATHS, ...OPEN_FILES]);

export function createAccess(tools: AccessTools): Access {
  const { isLoginNeeded, basePath, identify } = tools;
  const passwords = createPasswordCheck(tools.password, tools.databaseId, tools.clock);
  // Browsers send the cookies of one port to all ports of a machine.
  const cookieName = `dagmar_session_${tools.databaseId.replaceAll(/\W/g, "").slice(0, 8)}`;

  async function hashOwn(secret: string): Promise<string> {
    return hashSession(secret, isLoginNeeded ? await passwords.readKey() : NO_LOGIN_KEY);
  }

  async function digest({ kind, id, secret }: Secret): Promise<Credential> {
    return { kind, id, hash: kind === "token" ? hashToken(secret) : await hashOwn(secret) };
  }

  async function findUser(head: RequestHead): Promise<Proof | HttpReply> {
    const secret = readSecret(head, cookieName);
    if (secret === undefined && !isLoginNeeded) return { user: LOCAL };
    if (secret === undefined || secret === null) return refuseUnknown(head, secret === null);
    const credential = await digest(secret);
    const found = await identify(credential);
    if ("status" in found) return found;
    if (found.user !== null) return { user: found.user, credential };
    // A cookie that has outlived its session: without a login it changes nothing.
    const isCookie = head.headers["authorization"] === undefined;
    return isCookie && !isLoginNeeded ? { user: LOCAL } : refuseUnknown(head, true);
  }

  const signIn = createSignIn({ ...tools, passwords, cookieName, digest, hashOwn });

  return {
    async admit({ httpVersion, ...head }) {
      const fault = findOriginFault({ ...head, httpVersion }, isLoginNeeded);
      if (fault !== undefined) return replyProblem(fault);
      const path = stripBasePath(head.path, basePath);
      if (path === undefined) return reply(404, TEXT, `Pages and API are below ${basePath}/.\n`);
      const inner = { ...head, path };
      if (OPEN.has(path)) {
        // A login ends the session before it, and a logout its own.
        const isSignIn = head.method !== "GET" && !OPEN_FILES.includes(path);
        return { ...(isSignIn ? inner : dropSecrets(inner, cookieName)), user: ANONYMOUS };
      }
      const proof = await findUser(inner);
      if ("status" in proof) return proof;
      if (head.method !== "GET" && !mayWrite(proof.user)) return refuseWrite(proof.user);
      return { ...dropSecrets(inner, cookieName), ...proof };
    },
    answer: (request) => signIn.answer(request),
    watch({ credential }, stream) {
      if (credential === undefined) return stream;
      const isValid = async (): Promise<boolean> => {
        const found = await identify(credential);
        // What cannot be found out now is asked again later.
        return "status" in found || found.user !== null;
      };
      return watchStream(stream, isValid, tools.clock);
    },
  };
}

/** A browser is led to the login page, and back afterwards. */
function refuseUnknown({ method, path, search, headers }: RequestHead, isGiven: boolean): HttpReply {
  const isPage =
    method === "GET" && !path.startsWith("/api/") && headers["accept"]?.includes("text/html") === true;
  if (isPage && headers["authorization"] === undefined) {
    const next = new URLSearchParams({ next: path + search });
    const made = reply(303, TEXT, "Log in first.\n");
    return { ...made, headers: { ...made.headers, Location: `/login?${next.toString()}` } };
  }
  return replyProblem(
    {
      status: 401,
      code: "LOGIN_REQUIRED",
      detail: isGiven
        ? "The token or session is not valid: it is unknown, has expired or was revoked."
        : "This needs a login.",
      hint: "Send a token of `dagmar tokens create` as Authorization: Bearer, or log in at /login.",
    },
    { "WWW-Authenticate": 'Bearer realm="Dagmar"' },
  );
}

function refuseWrite({ name }: User): HttpReply {
  return replyProblem({
    status: 403,
    code: "NOT_PERMITTED",
    detail: `${name} is a viewer and may only read.`,
    hint: "Use the password, or a token of the role operator.",
  });
}
