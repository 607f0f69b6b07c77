// Develops against a running daemon: serves dist/ and sends everything else on, so that no Rust is built meanwhile.
//   ./dev run, then in another terminal: cd webui && npm run dev, then http://127.0.0.1:8090/
import { execFileSync } from 'node:child_process';
import { readFileSync, watch } from 'node:fs';
import { createServer, request } from 'node:http';

process.chdir(new URL('.', import.meta.url).pathname);
const port = Number(process.env.PORT ?? 8090);
const daemon = new URL(process.env.DAEMON ?? 'http://127.0.0.1:8080');
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'";
/** What the daemon makes itself; what else has no dot in it is a view of the application. */
const DAEMONS = /^\/(api\/|metrics|toi|xin)/;

let files = new Map();
let shell = '';

function build() {
  try {
    process.stdout.write(execFileSync('node', ['build.mjs']));
  } catch {
    return; // esbuild has said why
  }
  const lines = readFileSync('dist/files.txt', 'utf8').trim().split('\n').map((line) => line.split('\t'));
  files = new Map(lines.map(([, path, kind, file]) => [path, { kind, file }]));
  const of = (role) => lines.find(([is]) => is === role)[1];
  shell = `<!doctype html><html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Luytre</title><link rel="stylesheet" href="${of('style')}"><script type="module" src="${of('script')}"></script></head><body><div id="app"></div></body></html>`;
}

function answer(incoming, outgoing) {
  const { pathname } = new URL(incoming.url, 'http://x');
  const file = files.get(pathname);
  if (file) {
    outgoing.writeHead(200, { 'content-type': file.kind, 'content-encoding': 'gzip' });
    outgoing.end(readFileSync(`dist/${file.file}`));
  } else if (incoming.method === 'GET' && !DAEMONS.test(pathname)) {
    outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY });
    outgoing.end(shell);
  } else {
    const { method, headers, url: path } = incoming;
    const sent = request({ host: daemon.hostname, port: daemon.port, method, headers, path }, (answered) => {
      outgoing.writeHead(answered.statusCode, answered.headers);
      answered.pipe(outgoing);
    });
    sent.on('error', () => outgoing.destroy());
    incoming.pipe(sent);
  }
}

build();
for (const folder of ['src', 'i18n', 'public']) {
  let soon;
  watch(folder, { recursive: true }, () => {
    clearTimeout(soon);
    soon = setTimeout(build, 100);
  });
}
createServer(answer).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ in front of ${daemon.href}`));
