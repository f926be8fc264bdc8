/** `dagmar completion SHELL`: prints the script that teaches a shell to complete dagmar's commands. */
import { CommandRefused, EXIT } from "../../model/errors.ts";
import type { Command } from "../command.ts";

export const completion: Command = {
  name: "completion",
  summary: "print the completion script of a shell",
  args: [{ name: "<shell>", description: "bash, zsh or fish" }],
  examples: [
    'eval "$(dagmar completion bash)"      # in ~/.bashrc',
    'eval "$(dagmar completion zsh)"       # in ~/.zshrc, after compinit',
    "dagmar completion fish | source       # in ~/.config/fish/config.fish",
  ],
  async run({ args, output }) {
    const { COMPLETION_SCRIPTS } = await import("../completion/scripts.ts");
    const { suggestOrList } = await import("../../config/suggestion.ts");
    const shell = String(args[0]);
    const script = COMPLETION_SCRIPTS.get(shell);
    if (script === undefined) {
      const hint = `${suggestOrList(shell, COMPLETION_SCRIPTS.keys())}.`;
      throw new CommandRefused("USAGE", `There is no completion for "${shell}".`, {
        hint: hint[0]?.toUpperCase() + hint.slice(1),
      });
    }
    for (const line of script.split("\n")) output.line(line);
    return EXIT.done;
  },
};
