/** The failure of a task whose requests are refused: what was received, from where, and which variable to change. */
import { TaskFailure } from "../../model/errors.ts";
import type { RefusedAnswer } from "../http/exchange.ts";
import { isJsonObject } from "../http/json-body.ts";
import { readErrorCode, type StatusMeaning } from "./judge-status.ts";

export type Refusal = Extract<StatusMeaning, "wrong_address" | "unauthorized" | "refused">;

export interface RefusalScene {
  /** Without secrets. */
  readonly baseUrl: string;
  readonly host: string;
  /** The path in a form that may be shown. */
  readonly template: string;
  /** The variable that holds the secret in use. */
  readonly variable: string;
  /** Whether TMDB gave a valid answer to the same secret before. */
  readonly hasProof: boolean;
  /** No text that contains it is repeated. */
  readonly secret: string;
}

const LEFT_TO_ASK =
  "It says nothing about a title: no id got an outcome from it, and the next run asks again.";
const MAX_QUOTED_CHARACTERS = 200;

/** Never retryable: the same request would be refused again, and an id is not the cause. */
export function describeRefusal(refusal: Refusal, answer: RefusedAnswer, scene: RefusalScene): TaskFailure {
  const { host, template, baseUrl, variable } = scene;
  const received = describeReceived(answer, scene.secret);
  switch (refusal) {
    case "unauthorized":
      if (scene.hasProof && readErrorCode(answer.value) === undefined) {
        return new TaskFailure(
          "TMDB_UNAUTHORIZED",
          `A proxy or firewall in front of ${host} probably refused GET ${template}: it got ${answer.status} with ${received}, which is not TMDB's form, and ${variable} was accepted earlier in this task.`,
          false,
          {
            hint: `Check what a proxy (HTTPS_PROXY, HTTP_PROXY) or firewall in between allows. ${LEFT_TO_ASK}`,
          },
        );
      }
      return new TaskFailure(
        "TMDB_UNAUTHORIZED",
        `${host} answered ${answer.status} to GET ${template}: ${variable} is wrong, expired or suspended.`,
        false,
        {
          hint:
            `Set ${variable} to a valid one from https://www.themoviedb.org/settings/api and run again.` +
            (readErrorCode(answer.value) === undefined
              ? ` The answer is not in TMDB's form (${received}), so a proxy may have refused instead of TMDB.`
              : ""),
        },
      );
    case "wrong_address":
      return new TaskFailure(
        "CONFIG_INVALID",
        `${baseUrl} is not TMDB's API: GET ${template} got 404 with ${received}, and TMDB's own 404 is JSON with status_code 34.`,
        false,
        {
          hint: `Set TMDB_BASE_URL to the address of version 3 of the API, such as https://api.themoviedb.org/3. If it is set so already, a proxy answered instead of TMDB. ${LEFT_TO_ASK}`,
        },
      );
    case "refused":
      return new TaskFailure(
        "TMDB_REFUSED",
        `${host} answered ${answer.status} to GET ${template}: ${received}. ${LEFT_TO_ASK}`,
        false,
        { hint: advise(answer) },
      );
  }
}

function describeReceived(answer: RefusedAnswer, secret: string): string {
  const code = readErrorCode(answer.value);
  if (code !== undefined) return `TMDB's status_code ${code}${quoteMessage(answer.value, secret)}`;
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(answer.contentType)?.[0] ?? "no content type";
  return `${answer.sizeBytes} bytes of ${type}`;
}

function quoteMessage(value: unknown, secret: string): string {
  const message = isJsonObject(value) ? value["status_message"] : undefined;
  if (typeof message !== "string" || message.includes(secret)) return "";
  const plain = message
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, MAX_QUOTED_CHARACTERS);
  return plain === "" ? "" : ` (“${plain}”)`;
}

function advise({ status, location }: RefusedAnswer): string {
  if (status === 407) {
    return "A proxy requires credentials: put them into HTTPS_PROXY or HTTP_PROXY, or name the host in NO_PROXY.";
  }
  if (status < 300) {
    return "TMDB's error came with a success status, so a proxy in between hides the real status. Look the status_code up at https://developer.themoviedb.org/docs/errors.";
  }
  if (status < 400) {
    const target = URL.canParse(location) ? ` to ${new URL(location).origin}` : "";
    return `Redirects${target} are not followed, because the token would go with them. Set TMDB_BASE_URL to the final address.`;
  }
  if (status === 400 || status === 422) return "Check the task's language and append.";
  return "Check TMDB_BASE_URL, and what a proxy (HTTPS_PROXY, HTTP_PROXY) in between allows.";
}
