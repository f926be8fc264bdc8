/** The command line's grammar: help in every form, and the answer to a typing error. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, type CliWorld } from "../support/cli.ts";

let world: CliWorld;
beforeAll(() => {
  world = openCliWorld();
});
afterAll(() => world.remove());

test.each([
  [["help"], "Usage: dagmar [options]"],
  [["--help"], "Usage: dagmar [options]"],
  [["help", "run"], "Usage: dagmar run"],
  [["help", "runs"], "Usage: dagmar runs"],
  [["help", "runs", "show"], "Usage: dagmar runs show"],
  [["runs", "help", "show"], "Usage: dagmar runs show"],
  [["run", "--help"], "Usage: dagmar run"],
])("%j shows that help and exits 0", async (args, usage) => {
  const { exitCode, stdout, stderr } = await world.run(args);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout.startsWith(usage)).toBe(true);
});

test.each([
  [["rnu"], "dagmar: unknown command 'rnu'\n  Did you mean run? `dagmar --help` shows the commands.\n"],
  [
    ["help", "rnu"],
    "dagmar: unknown command 'rnu'\n  Did you mean run? `dagmar --help` shows the commands.\n",
  ],
  [
    ["runs", "shwo"],
    "dagmar: unknown command 'shwo'\n  Did you mean show? `dagmar runs --help` shows the commands.\n",
  ],
  [
    ["runs", "list", "--limt", "3"],
    "dagmar: unknown option '--limt'\n  Did you mean --limit? `dagmar runs list --help` shows arguments and options.\n",
  ],
  [
    ["rnu", "--help"],
    "dagmar: unknown command 'rnu'\n  Did you mean run? `dagmar --help` shows the commands.\n",
  ],
  [
    ["runs", "-h", "shwo"],
    "dagmar: unknown command 'shwo'\n  Did you mean show? `dagmar runs --help` shows the commands.\n",
  ],
  [["zzzzzz"], "dagmar: unknown command 'zzzzzz'\n  `dagmar --help` shows the commands.\n"],
  [["run"], "dagmar: missing required argument 'id'\n  `dagmar run --help` shows arguments and options.\n"],
  [["tokens", "create"], "dagmar: --role is missing.\n  Use viewer or operator.\n"],
  [["tokens", "create", "--role", "king"], 'dagmar: --role cannot be "king".\n  Use viewer or operator.\n'],
  [["a\nb"], "dagmar: unknown command 'a\\nb'\n  `dagmar --help` shows the commands.\n"],
])("%j is refused in plain lines", async (args, said) => {
  const { exitCode, stdout, stderr } = await world.run(args);
  expect([exitCode, stdout, stderr]).toEqual([2, "", said]);
});
