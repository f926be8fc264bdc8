/** Which variables a shell task's program gets, and which it does not. */
import { describe, expect, test } from "vitest";
import { makeAttemptCookie } from "../../model/run/attempt-cookie.ts";
import { runShell } from "./shell-world.ts";

const OURS = {
  PATH: process.env["PATH"],
  HOME: "/home/dagmar",
  LANG: "C.UTF-8",
  TZ: "America/Sao_Paulo",
  TMPDIR: "/tmp",
  TMDB_API_TOKEN: "canary-tmdb-token",
  AWS_SECRET_ACCESS_KEY: "canary-aws-secret",
  AWS_REGION: "sa-east-1",
  DAGMAR_NOTIFY_URL: "https://hooks.example/canary",
  LD_PRELOAD: "",
};

/** The variables that the program itself sees. */
async function readEnvironment(written: Parameters<typeof runShell>[0], ours: object = OURS) {
  const settings = { environment: ours as typeof OURS };
  const { lines } = await runShell({ command: ["env"], ...written }, { settings, cookie: "whose it is" });
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", ...value] = line.slice("stdout: ".length).split("=");
      return [name, value.join("=")];
    }),
  );
}

describe("a program's environment", () => {
  test("holds few of ours, what the Dag names, and whose attempt it is; nothing else", async () => {
    expect(await readEnvironment({ env: { MODE: "full", SINCE: 2001 } })).toEqual({
      PATH: OURS.PATH,
      HOME: "/home/dagmar",
      LANG: "C.UTF-8",
      TZ: "America/Sao_Paulo",
      TMPDIR: "/tmp",
      MODE: "full",
      SINCE: "2001",
      DAGMAR_DAG_ID: "reports",
      DAGMAR_RUN_ID: "manual__2026-11-23T09:00:00.000Z",
      DAGMAR_TASK_ID: "build",
      DAGMAR_ATTEMPT: "2",
      DAGMAR_LOGICAL_DATE: "2026-11-23T09:00:00.000Z",
      DAGMAR_PARTITION: "2026/11/23",
      DAGMAR_ATTEMPT_COOKIE: "whose it is",
    });
  });

  test("gets what is asked for by name, and leaves out what we do not have", async () => {
    const seen = await readEnvironment({ pass_env: ["AWS_REGION", "AWS_PROFILE"] });
    expect(seen["AWS_REGION"]).toBe("sa-east-1");
    expect(seen).not.toHaveProperty("AWS_PROFILE");
    expect(seen).not.toHaveProperty("AWS_SECRET_ACCESS_KEY");
  });

  test("prefers the Dag's values to ours, except for the variables that identify the attempt", async () => {
    const seen = await readEnvironment(
      { env: { TZ: "UTC" }, pass_env: ["DAGMAR_TASK_ID"] },
      { ...OURS, DAGMAR_TASK_ID: "another" },
    );
    expect(seen).toMatchObject({ TZ: "UTC", DAGMAR_TASK_ID: "build" });
  });

  test("has a PATH where we have none", async () => {
    expect((await readEnvironment({}, {}))["PATH"]).toContain("/bin");
  });
});

test("a secret that was passed on is in no line, no output and no message", async () => {
  const settings = { environment: OURS };
  const { output, lines } = await runShell(
    {
      script: 'echo "key=$AWS_SECRET_ACCESS_KEY in $AWS_REGION"',
      pass_env: ["AWS_SECRET_ACCESS_KEY", "AWS_REGION"],
    },
    { settings },
  );
  expect(lines).toEqual(["stdout: key=[redacted] in sa-east-1"]);
  expect(output["last_line"]).toBe("key=[redacted] in sa-east-1");
});

test("two attempts, two databases: two cookies", () => {
  const attempt = { dagId: "d", runId: "r", taskId: "t", attempt: 1 };
  const cookies = [
    makeAttemptCookie(attempt, "a"),
    makeAttemptCookie(attempt, "b"),
    makeAttemptCookie({ ...attempt, attempt: 2 }, "a"),
  ];
  expect(new Set(cookies).size).toBe(3);
});
