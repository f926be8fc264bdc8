/** `dagmar tokens create`: a token for the pages and the API. Standard output has the token alone, so that it can be piped. */
import { ROLES } from "../../../model/access/user.ts";
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { escapeControlCharacters } from "../../../model/text/control-character.ts";
import { parseDurationSeconds } from "../../../model/time/duration.ts";
import { joinChoices, readChoices } from "../../arguments/read-options.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { showInstant } from "../../output/time.ts";

const LEAST_SECONDS = 60;
/** It is part of events and of lists. */
const LONGEST_NAME = 100;

export const tokensCreate: Command = {
  name: "tokens create",
  summary: "make a token for the API and the pages; it is shown once",
  options: [
    { flags: "--role <role>", description: "viewer (reads only) or operator (may also change things)" },
    {
      flags: "--expires <duration>",
      description: "how long it is valid: 12h, 90d; at most 3650d",
      defaultValue: "90d",
    },
    { flags: "--name <name>", description: "what it is for; events show it" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar tokens create --role viewer --name dashboard",
    "dagmar tokens create --role operator --expires 30d --name deploy > token.txt",
  ],
  async run({ options, output, drain }) {
    const given = readText(options, "role");
    if (given === undefined) {
      throw new CommandRefused("USAGE", "--role is missing.", { hint: `Use ${joinChoices(ROLES)}.` });
    }
    const [role] = readChoices([given], ROLES, "--role");
    const lifeSeconds = readLife(readText(options, "expires") ?? "");
    const name = readName(readText(options, "name") ?? "unnamed");
    const { withApp } = await import("../../open-app.ts");
    const { createToken } = await import("../../../app/access/manage-tokens.ts");
    return withApp(async (app) => {
      const { tokenId, token, expiresAt } = await createToken(
        app,
        { name, role: role ?? "viewer", lifeSeconds },
        drain,
      );
      if (isSet(options, "json")) {
        output.json({ token_id: tokenId, name, role, expires_at: expiresAt, token });
        return EXIT.done;
      }
      output.line(token);
      const until = showInstant(expiresAt, app.settings.timezone);
      output.fault(`Token ${tokenId} (${name}, ${role}) is valid until ${until}. It is not shown again.`);
      output.fault(`Send it as "Authorization: Bearer …". \`dagmar tokens revoke ${tokenId}\` ends it.`);
      return EXIT.done;
    });
  },
};

function readLife(text: string): number {
  const seconds = parseDurationSeconds(text);
  if (seconds !== undefined && seconds >= LEAST_SECONDS) return seconds;
  throw new CommandRefused(
    "USAGE",
    `--expires ${text} is not a duration of at least a minute and at most 3650d.`,
    { hint: "Write --expires 90d, 12w or 12h." },
  );
}

function readName(given: string): string {
  const name = given.trim();
  const isPlain = name !== "" && name.length <= LONGEST_NAME && escapeControlCharacters(name) === name;
  if (isPlain) return name;
  throw new CommandRefused("USAGE", `--name takes 1 to ${LONGEST_NAME} characters on one line.`);
}
