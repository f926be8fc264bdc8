/** `dagmar tokens revoke TOKEN`: the token and the sessions that it opened end at once. */
import { EXIT } from "../../../model/errors.ts";
import { readCount } from "../../arguments/read-options.ts";
import type { Command } from "../../command.ts";

export const tokensRevoke: Command = {
  name: "tokens revoke",
  summary: "end a token, and the sessions that were opened with it",
  args: [{ name: "<token-id>", description: "the token's id, as `dagmar tokens list` shows it" }],
  examples: ["dagmar tokens revoke 3"],
  async run({ args, output, drain }) {
    const tokenId = readCount(String(args[0]), "tokens revoke");
    const { withApp } = await import("../../open-app.ts");
    const { revokeToken } = await import("../../../app/access/manage-tokens.ts");
    return withApp(async (app) => {
      const isNew = await revokeToken(app, tokenId, drain);
      output.line(isNew ? `Token ${tokenId} is revoked.` : `Token ${tokenId} was revoked already.`);
      return EXIT.done;
    });
  },
};
