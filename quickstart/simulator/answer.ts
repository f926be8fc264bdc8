/** An HTTP answer as a value, and TMDB's error bodies. Sending it is not its work. */

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Status and body as in TMDB's table of errors, https://developer.themoviedb.org/docs/errors */
const ERRORS = {
  unauthorized: { status: 401, code: 7, message: "Invalid API key: You must be granted a valid key." },
  suspended: {
    status: 401,
    code: 10,
    message: "Suspended API key: Access to your account has been suspended, contact TMDB.",
  },
  forbidden: { status: 403, code: 38, message: "You don't have permission to access the resource." },
  invalidId: { status: 404, code: 6, message: "Invalid id: The pre-requisite id is invalid or not found." },
  notFound: { status: 404, code: 34, message: "The resource you requested could not be found." },
  invalidParameters: {
    status: 422,
    code: 5,
    message: "Invalid parameters: Your request parameters are incorrect.",
  },
  tooManyAppends: {
    status: 400,
    code: 27,
    message: "Too many append to response objects: The maximum number of remote calls is 20.",
  },
  internal: { status: 500, code: 11, message: "Internal error: Something went wrong, contact TMDB." },
  badGateway: { status: 502, code: 43, message: "Couldn't connect to the backend server." },
  maintenance: { status: 503, code: 46, message: "The API is undergoing maintenance. Try again later." },
  timeout: { status: 504, code: 24, message: "Your request to the backend server timed out. Try again." },
} as const;

export type ErrorName = keyof typeof ERRORS;

export function answerRecord(record: unknown): Answer {
  return { status: 200, body: Buffer.from(JSON.stringify(record)) };
}

export function answerError(name: ErrorName): Answer {
  const { status, code, message } = ERRORS[name];
  return answerStatus(status, code, message);
}

/** The answer of the web server in front of the API for a path outside the API. */
export function answerNoApi(): Answer {
  return {
    status: 404,
    body: Buffer.from("<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>"),
    headers: { "content-type": "text/html" },
  };
}

/** An error of any status; the body is TMDB's where the status has one. */
export function answerErrorStatus(status: number): Answer {
  const known = Object.values(ERRORS).find((error) => error.status === status);
  return answerStatus(
    status,
    known?.code ?? 11,
    known?.message ?? "Internal error: Something went wrong, contact TMDB.",
  );
}

/** The 429 body lacks `success`, as TMDB's does. */
export function answerTooMany(requests: number, allowed: number, retryAfter: string | undefined): Answer {
  const message = `Your request count (${requests}) is over the allowed limit of ${allowed}.`;
  return {
    status: 429,
    body: Buffer.from(JSON.stringify({ status_code: 25, status_message: message })),
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  };
}

function answerStatus(status: number, code: number, message: string): Answer {
  const body = { success: false, status_code: code, status_message: message };
  return { status, body: Buffer.from(JSON.stringify(body)) };
}
