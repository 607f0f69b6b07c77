// Each text of the application is in both languages, is used, and has the same {values} in both.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(new URL('.', import.meta.url).pathname);
const read = (tag) => JSON.parse(readFileSync(`i18n/app/${tag}.json`, 'utf8'));
const [vi, en] = [read('vi'), read('en')];
const source = readdirSync('src', { recursive: true })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => readFileSync(join('src', file), 'utf8'))
  .join('\n');

/** Keys that are made of data, in `maybe` and in templates. */
const MADE = [...source.matchAll(/`([a-z_]+_)\$\{/g)].map((match) => match[1]);

const wrong = [];
const values = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort().join();
for (const key of new Set([...Object.keys(vi), ...Object.keys(en)])) {
  if (!(key in vi) || !(key in en)) wrong.push(`${key}: missing in ${key in vi ? 'en' : 'vi'}.json`);
  else if (!vi[key].trim() || !en[key].trim()) wrong.push(`${key}: says nothing`);
  else if (values(vi[key]) !== values(en[key])) wrong.push(`${key}: {${values(vi[key])}} in vi, {${values(en[key])}} in en`);
  const used = source.includes(`'${key}'`) || MADE.some((start) => key.startsWith(start));
  if (!used) wrong.push(`${key}: nothing says it`);
}
for (const line of wrong) console.error(`webui/i18n/app: ${line}`);
console.log(`${Object.keys(vi).length} texts, ${wrong.length} wrong`);
process.exit(wrong.length ? 1 : 0);
