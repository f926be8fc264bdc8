/** The settings that pages show. */
export type { SettingInForce } from "../../config/settings/settings-in-force.ts";
