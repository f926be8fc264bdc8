/** Descriptions of failed connections. */
import { expect, test } from "vitest";
import { describeNetworkFault, isCertificateFault } from "../../../model/text/network-fault.ts";

test.each([
  ["ECONNREFUSED", false, /the connection was refused/],
  ["ENOTFOUND", false, /DNS/],
  ["EAI_AGAIN", false, /DNS/],
  ["EHOSTUNREACH", false, /no route/],
  ["EPROTO", false, /TLS/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", false, /TLS/],
  ["EWHATEVER", false, /the connection failed/],
  ["CERT_HAS_EXPIRED", true, /has expired/],
  ["CERT_NOT_YET_VALID", true, /not valid yet/],
  ["CERT_SIGNATURE_FAILURE", true, /certificate/],
  ["ERROR_IN_CERT_NOT_AFTER_FIELD", true, /certificate/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", true, /self-signed/],
  ["SELF_SIGNED_CERT_IN_CHAIN", true, /authority/],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", true, /authority/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", true, /authority/],
  ["UNABLE_TO_GET_CRL", true, /certificate/],
  ["INVALID_CA", true, /certificate/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", true, /another name/],
  ["HOSTNAME_MISMATCH", true, /another name/],
])(
  "the description of %s ends with the code; whether it is a certificate fault: %j",
  (code, isCertificate, words) => {
    expect(isCertificateFault(code)).toBe(isCertificate);
    expect(describeNetworkFault(code)).toMatch(words);
    expect(describeNetworkFault(code)).toContain(`(${code})`);
  },
);

test("a failed connection without a code has a description too", () => {
  expect(isCertificateFault(undefined)).toBe(false);
  expect(describeNetworkFault(undefined)).toBe("the connection failed");
});
