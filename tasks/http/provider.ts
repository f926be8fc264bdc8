/** What the HTTP client must know about the service that it calls; the service's own task type provides it. */
import type { ErrorCode } from "../../model/errors.ts";

export interface ProviderPlace {
  /** For messages. */
  readonly name: string;
  /** Without a trailing slash; http or https. */
  readonly baseUrl: string;
  /** In a form that may be shown. */
  readonly host: string;
  /** The variable that holds `baseUrl`. */
  readonly addressSetting: string;
  /** Whether the address is another than the setting's default: then it may be what is wrong. */
  readonly isAddressOwn: boolean;
  readonly codes: ProviderCodes;
}

/** The error codes of a task that should stop asking for now. */
export interface ProviderCodes {
  /** It keeps failing. */
  readonly unavailable: ErrorCode;
  /** It asks for a pause that is too long to wait for. */
  readonly rateLimited: ErrorCode;
  /** Its certificate is not trusted. */
  readonly untrusted: ErrorCode;
}

export interface Provider extends ProviderPlace {
  /** Whether JSON has one of the provider's forms; any other JSON says something about the provider. */
  isSound(value: unknown): boolean;
  /** Whether JSON with a success status asks for a pause, as a 429 does. */
  isRateLimit(value: unknown): boolean;
  /**
   * Whether a 3xx or 4xx is the provider's own statement that nothing is at this address: only a working provider gives
   * it.
   */
  isAbsence(status: number, value: unknown): boolean;
}
