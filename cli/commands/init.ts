/** `dagmar init [FOLDER]`: a new project with examples. */
import path from "node:path";
import { EXIT } from "../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../command.ts";
import { countNoun } from "../../model/text/count-noun.ts";

export const init: Command = {
  name: "init",
  summary: "create a project: Dag files, settings, folders, a compose file",
  args: [{ name: "[folder]", description: "where; default: the folder you are in" }],
  options: [JSON_OPTION],
  examples: ["dagmar init", "dagmar init my-lake"],
  async run({ args, options, output }) {
    const { initProject } = await import("../../app/project/init-project.ts");
    const { FIRST_DAG, PASSWORD_FILE } = await import("../../app/project/project-files.ts");
    const { quoteWord } = await import("../../app/quote-word.ts");
    const { findPackageFolder } = await import("../process/package-folder.ts");
    const { readVersion } = await import("../process/version.ts");
    const folder = path.resolve(typeof args[0] === "string" ? args[0] : ".");
    const project = initProject(folder, findPackageFolder(), readVersion());
    const commands = [
      ["dagmar dags validate", "checks the Dag files"],
      [`dagmar run ${FIRST_DAG}`, "runs the small example: it stores one file in data/lake"],
      ["dagmar lake ls", "shows what is stored"],
    ] as const;
    const { written, kept } = project;
    if (isSet(options, "json")) {
      output.json({
        folder,
        written,
        kept,
        password_file: PASSWORD_FILE,
        next: commands.map(([command]) => command),
      });
      return EXIT.done;
    }
    for (const name of written) output.line(`  ${name}`);
    if (written.length === 0) output.line(`${folder} already has all ${kept.length} files of a project.`);
    else {
      const already = kept.length === 0 ? "" : `, ${kept.length} were there already`;
      output.line(`${countNoun(written.length, "file")} written to ${folder}${already}.`);
    }
    output.line();
    output.line("Next:");
    if (folder !== process.cwd()) output.line(`  cd ${quoteWord(path.relative(process.cwd(), folder))}`);
    for (const [command, does] of commands) output.line(`  ${command.padEnd(24)} ${output.paint.dim(does)}`);
    output.line();
    output.line(
      "Then put your files into data/input and your token and bucket into .env; `dagmar doctor` checks them.",
    );
    output.line(
      `To run the scheduler in a container, use compose.yaml: pages are at http://127.0.0.1:8793, their password is in ${PASSWORD_FILE}.`,
    );
    return EXIT.done;
  },
};
