/** Which options and templates a shell task accepts. */
import { describe, expect, test } from "vitest";
import { optionsSchema, refuseTemplate } from "../../tasks/shell/options.ts";

function fault(options: unknown): string {
  const issue = optionsSchema.safeParse(options).error?.issues[0];
  if (issue === undefined) throw new Error("it was taken");
  return `${issue.path.join(".")}: ${issue.message}`;
}

describe("options", () => {
  test("have defaults", () => {
    expect(optionsSchema.parse({ script: "true" })).toEqual({
      script: "true",
      args: [],
      env: {},
      pass_env: [],
      output_limit: 1_048_576,
    });
  });

  test.each([
    [{}, ": must hold exactly one of script and command"],
    [{ script: "true", command: ["true"] }, ": must hold exactly one of script and command"],
    [{ command: [7] }, "command.0: the program's name must be text"],
    [{ command: [""] }, "command.0: the program's name must be text"],
    [{ script: "true", args: [null] }, "args.0: must be text, a number, true or false"],
    [{ script: "true", args: ["a\0b"] }, "args.0: holds a NUL character"],
    [{ script: "true", pass_env: ["AWS_*"] }, "pass_env.0: must be made of letters, digits and _"],
    [{ script: "true", output_limit: -1 }, "output_limit: "],
  ])("%j are refused", (options, message) => {
    expect(fault(options)).toContain(message);
  });

  test.each(["DAGMAR_RUN_ID", "DAGMAR_ATTEMPT_COOKIE", "A-B", "1A", "A=B", ""])(
    "a variable cannot be named %j",
    (name) => {
      expect(optionsSchema.safeParse({ script: "true", env: { [name]: "x" } }).success).toBe(false);
    },
  );
});

test.each([
  [["script"], true],
  [["command"], true],
  [["command", 0], true],
  [["command", 1], false],
  [["args"], false],
  [["args", 0], false],
  [["env"], true],
  [["env", "NAME"], false],
  [["pass_env", 0], true],
  [["cwd"], true],
  [["output_limit"], true],
])("a template in %j is refused: %s", (path, isRefused) => {
  expect(refuseTemplate(path) !== undefined).toBe(isRefused);
});
