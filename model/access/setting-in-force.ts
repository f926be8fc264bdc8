/** What people may see of a setting: its value, unless it is a secret, and where it comes from. Plain data: it crosses threads. */

export interface SettingInForce {
  readonly name: string;
  readonly description: string;
  /** `null` for a secret, and if it is not set and has no default. */
  readonly value: string | null;
  readonly origin: "environment" | ".env" | "file" | "default" | "unset";
  readonly isSecret: boolean;
}
