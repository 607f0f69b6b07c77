// Signature Version 4 of Amazon's "Authenticating Requests (AWS Signature Version 4)", which s3rver leaves out.
import { createHash, createHmac } from "node:crypto";

const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

// Whether this secret has signed the request, its body's digest and its host among the rest.
export function isSigned({ method, url, headers }, secret) {
  const [, credential, signed, signature] = headers.authorization?.match(form) ?? [];
  if (signature === undefined || !["host", "x-amz-content-sha256"].every((name) => signed.split(";").includes(name))) {
    return false;
  }
  const { pathname, searchParams } = new URL(url, "http://store");
  const query = [...searchParams].map(([key, value]) => `${encode(key)}=${encode(value)}`).sort();
  const fields = signed.split(";").map((name) => `${name}:${headers[name]}\n`);
  const request = [method, pathname, query.join("&"), fields.join(""), signed, headers["x-amz-content-sha256"]].join("\n");
  const [, ...scope] = credential.split("/");
  const digest = createHash("sha256").update(request).digest("hex");
  const message = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope.join("/"), digest].join("\n");
  return hmac(scope.reduce(hmac, `AWS4${secret}`), message).toString("hex") === signature;
}
