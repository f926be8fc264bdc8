/** `dagmar tokens list`: the API tokens, newest first; never the tokens themselves. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";
import { showInstant } from "../../output/time.ts";

export const tokensList: Command = {
  name: "tokens list",
  summary: "tokens for the API and the pages: role, last characters, expiry",
  options: [JSON_OPTION],
  examples: ["dagmar tokens list", "dagmar tokens list --json"],
  async run({ options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { listTokens } = await import("../../../app/access/manage-tokens.ts");
    return withApp(async (app) => {
      const tokens = await listTokens(app);
      if (isSet(options, "json")) {
        output.json({
          tokens: tokens.map((token) => ({
            token_id: token.tokenId,
            name: token.name,
            role: token.role,
            state: token.state,
            last_four: token.lastFour,
            created_by: token.createdBy,
            created_at: token.createdAt,
            expires_at: token.expiresAt,
            revoked_by: token.revokedBy,
            revoked_at: token.revokedAt,
          })),
        });
        return EXIT.done;
      }
      const show = (instant: string): string => showInstant(instant, app.settings.timezone);
      output.table(
        [
          "id",
          "name",
          "role",
          "state",
          { title: "ends with", rank: 2 },
          { title: "created by", rank: 1 },
          { title: "expires", rank: 3 },
        ],
        tokens.map((token) => [
          String(token.tokenId),
          token.name,
          token.role,
          token.state,
          token.lastFour,
          token.createdBy,
          show(token.expiresAt),
        ]),
        "There is no token. `dagmar tokens create --role viewer` makes one.",
      );
      return EXIT.done;
    });
  },
};
