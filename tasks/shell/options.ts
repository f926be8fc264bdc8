/**
 * The options of a shell task in a Dag file, and where a template may be used: only where it is data for the program,
 * never where it would choose what runs or what is passed on.
 */
import { z } from "zod";
import { COOKIE_VARIABLE } from "../../model/run/attempt-cookie.ts";

/** Variables about its attempt that every child gets. */
export const OWN_VARIABLES = [
  "DAGMAR_DAG_ID",
  "DAGMAR_RUN_ID",
  "DAGMAR_TASK_ID",
  "DAGMAR_ATTEMPT",
  "DAGMAR_LOGICAL_DATE",
  "DAGMAR_PARTITION",
  COOKIE_VARIABLE,
] as const;
const OWN_NAMES: ReadonlySet<string> = new Set(OWN_VARIABLES);

const MIB = 1_048_576;

/** The system ends texts at a NUL: the rest would be lost without a message. */
const text = z.string().refine((value) => !value.includes("\0"), "holds a NUL character");

/** A value that is one whole template may become any of these. */
const argument = z.union([text, z.number(), z.boolean()], { error: "must be text, a number, true or false" });

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be made of letters, digits and _, and not begin with a digit");
const freeVariableName = variableName.refine(
  (name) => !OWN_NAMES.has(name),
  "is one that Dagmar itself sets",
);

export const optionsSchema = z
  .strictObject({
    script: text
      .min(1)
      .optional()
      .describe(
        'Text for `/bin/sh -eu`: it ends at the first command that fails, and at a variable that is not set. Takes no templates: values come as `args`, and the shell\'s variables are written `$NAME` and `"$1"`. Write `>&2` instead of `>/dev/stderr`, which cannot be opened here.',
      ),
    command: z
      .array(argument)
      .min(1)
      .optional()
      .describe(
        "A program and its arguments, started without a shell. Give exactly one of `script` and `command`. The program itself cannot be a template.",
      ),
    args: z
      .array(argument)
      .default([])
      .describe('The script\'s "$1", "$2" and so on; of a command, further arguments.'),
    env: z
      .record(freeVariableName, argument)
      .default({})
      .describe(
        "Variables by name. The program gets these, PATH, HOME, LANG, TZ and TMPDIR, what `pass_env` names, and DAGMAR_DAG_ID, DAGMAR_RUN_ID, DAGMAR_TASK_ID, DAGMAR_ATTEMPT, DAGMAR_LOGICAL_DATE and DAGMAR_PARTITION.",
      ),
    pass_env: z
      .array(variableName)
      .default([])
      .describe(
        "Names of variables of Dagmar's own environment that the program gets too, such as AWS_PROFILE.",
      ),
    cwd: text
      .min(1)
      .optional()
      .describe("The program's working folder. Default: the folder in which Dagmar was started."),
    output_limit: z
      .int()
      .min(0)
      .max(64 * MIB)
      .default(MIB)
      .describe(
        "How many bytes of output the task's log keeps; each line counts 64 bytes extra. The rest is dropped, and the program continues.",
      ),
  })
  .refine(({ script, command }) => (script === undefined) !== (command === undefined), {
    error: "must hold exactly one of script and command",
  })
  .refine(({ command }) => command === undefined || isProgram(command[0]), {
    error: "the program's name must be text: put it in quotes",
    path: ["command", 0],
  });
export type ShellOptions = z.infer<typeof optionsSchema>;

function isProgram(name: string | number | boolean | undefined): boolean {
  return typeof name === "string" && name !== "";
}

export type OptionPath = readonly (string | number)[];

/** Why a template is not allowed at this path; `undefined` if it is. */
export function refuseTemplate([option, inner]: OptionPath): string | undefined {
  if (option === "script") {
    return 'give it as an argument: args: ["${params.x}"] and "$1"; the shell\'s own variables are written $NAME';
  }
  if (option === "args") return undefined;
  if (option === "command") {
    return typeof inner === "number" && inner > 0
      ? undefined
      : "write the program itself; its arguments may be templates";
  }
  if (option === "env") return inner === undefined ? "write the names; values may be templates" : undefined;
  return "write the value itself";
}
