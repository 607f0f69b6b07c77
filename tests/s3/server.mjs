// An object store for the tests of `luytre-hub publish`: s3rver, which keeps files as S3 does, with one empty bucket that
// anybody may read and only who has the secret `S3RVER` may list and write. It ends when its standard input does.
//
// Says `listening PORT` first, then each request as `METHOD PATH STATUS`. Each line of its input is a wish: `refuse TEXT`
// answers 403 to every write whose path has TEXT in it, `busy` answers 503 to the next request, `serve` is as before.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import S3rver from "s3rver";
import { isSigned } from "./signature.mjs";

const directory = mkdtempSync(join(tmpdir(), "luytre-s3-"));
const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, configureBuckets: [{ name: "lists" }] });
let refused;
let busy = false;

function answerTo({ method, path, req, query }) {
  const reads = method === "GET" && query["list-type"] === undefined && req.headers.authorization === undefined;
  if (!reads && !isSigned(req, "S3RVER")) return [403, "SignatureDoesNotMatch"];
  if (method === "PUT" && refused !== undefined && path.includes(refused)) return [403, "AccessDenied"];
  if (!busy) return undefined;
  busy = false;
  return [503, "SlowDown"];
}

server.middleware.unshift(async (context, next) => {
  const answer = answerTo(context);
  if (answer === undefined) await next();
  else [context.status, context.body] = [answer[0], `<Error><Code>${answer[1]}</Code></Error>`];
  console.log(context.method, context.path, context.status);
});

const { port } = await server.run();
console.log("listening", port);
for await (const line of createInterface({ input: process.stdin })) {
  const [wish, text] = line.split(" ");
  busy = wish === "busy";
  refused = wish === "refuse" ? text : undefined;
  console.log("so be it");
}
await server.close();
rmSync(directory, { recursive: true, force: true });
