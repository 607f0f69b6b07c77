// Builds src/ into dist/: bundled, named by content, compressed; and files.txt, which daemon/build.rs reads.
import { build } from 'esbuild';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

process.chdir(new URL('.', import.meta.url).pathname);

/** What a parent's phone loads at the most, compressed, in bytes: everything of the application, in one language. */
const BUDGET = 60_000;

const KINDS = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

const result = await build({
  entryPoints: { app: 'src/main.tsx' },
  outdir: '/assets',
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2020', 'chrome87', 'safari14', 'firefox85'],
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
});


const lines = [];
const sizes = [];

/** What is the same stays as it is: cargo builds anew what was written. */
function write(file, content) {
  const path = join('dist', file);
  if (!existsSync(path) || !readFileSync(path).equals(content)) writeFileSync(path, content);
}

function put(role, path, content) {
  const kind = KINDS[extname(path)];
  if (!kind) throw new Error(`${path}: write its content type in build.mjs`);
  const packed = gzipSync(content, { level: 9 });
  packed[9] = 255; // the system that packed it is nobody's business, and would make each build another
  const file = path.split('/').pop() + '.gz';
  write(file, packed);
  lines.push([role, path, kind, file].join('\t'));
  sizes.push([path, packed.length]);
}

for (const { path, contents } of result.outputFiles) {
  const name = path.split('/').pop();
  const role = name.startsWith('app-') ? { '.js': 'script', '.css': 'style' }[extname(name)] : (/^(vi|en)-/.exec(name)?.[1] ?? '-');
  put(role, `/assets/${name}`, contents);
}
for (const name of readdirSync('public').sort()) put('-', `/${name}`, readFileSync(join('public', name)));
write('files.txt', Buffer.from(lines.join('\n') + '\n'));
const listed = ['.gitignore', 'files.txt', ...lines.map((line) => line.split('\t')[3])];
for (const file of readdirSync('dist')) if (!listed.includes(file)) rmSync(join('dist', file));

const code = sizes.filter(([path]) => path.startsWith('/assets/'));
const languages = code.filter(([path]) => /^\/assets\/(vi|en)-/.test(path)).map(([, size]) => size);
const total = code.reduce((sum, [, size]) => sum + size, 0) - Math.min(...languages);
for (const [path, size] of code) console.log(`${String(size).padStart(7)}  ${path}`);
console.log(`${String(total).padStart(7)}  bytes compressed, in one language (budget ${BUDGET})`);
if (total > BUDGET) {
  console.error('webui: the application is larger than its budget; see the sizes above');
  process.exit(1);
}
