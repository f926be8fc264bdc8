/** What the HTTP client must know of the service that it asks; only the service's own task type can say it. */
import type { ErrorCode } from "../../model/errors.ts";

export interface ProviderPlace {
  /** For messages. */
  readonly name: string;
  /** Without a trailing slash; http or https. */
  readonly baseUrl: string;
  /** May be shown. */
  readonly host: string;
  /** The setting that holds `baseUrl`. */
  readonly addressSetting: string;
  /** Whether the address is another than the setting's default: then it may be what is wrong. */
  readonly isAddressOwn: boolean;
  readonly codes: ProviderCodes;
}

/** The error codes under which a task fails that should not go on asking now. */
export interface ProviderCodes {
  /** It fails again and again. */
  readonly unavailable: ErrorCode;
  /** It asks for a pause that is too long to wait for. */
  readonly rateLimited: ErrorCode;
  /** Its certificate is not trusted. */
  readonly untrusted: ErrorCode;
}

export interface Provider extends ProviderPlace {
  /** Whether JSON is of a form that it gives at all; what is not says something about the provider. */
  isSound(value: unknown): boolean;
  /** Whether JSON under a status of success asks for a pause, as a 429 does. */
  isRateLimit(value: unknown): boolean;
  /** Whether a 3xx or 4xx is its own word that it has nothing under this address: only one that is well gives it. */
  isAbsence(status: number, value: unknown): boolean;
}
