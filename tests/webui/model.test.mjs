// What the views work on, without a browser: the painted week, the profile of one's own, the exported log.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from './house.mjs';

const { build } = await import(pathToFileURL(join(root, 'webui/node_modules/esbuild/lib/main.js')));

const folder = mkdtempSync(join(tmpdir(), 'luytre-model-'));
after(() => rmSync(folder, { recursive: true }));

/** A module of the application, with as little of a browser as it looks at when it is loaded. */
async function module(path) {
  const outfile = join(folder, path.replace(/\W/g, '-') + '.mjs');
  await build({
    entryPoints: [join(root, 'webui/src', path)],
    outfile,
    bundle: true,
    format: 'esm',
    banner: { js: 'globalThis.navigator ??= { languages: [] };' },
  });
  return import(pathToFileURL(outfile));
}

const week = await module('model/week.ts');

/** Small numbers that come again: a failing case can be told by its number. */
function random(seed) {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

test('the schedules of a painted week paint the same week', () => {
  for (let seed = 0; seed < 500; seed++) {
    const next = random(seed);
    const painted = week.emptyWeek();
    for (let strokes = next(8); strokes > 0; strokes--) {
      const [from, length] = [next(painted.length), next(seed % 3 ? 30 : 200)];
      const paint = ['block', 'only', 'open'][next(3)];
      for (let slot = from; slot < from + length; slot++) painted[slot % painted.length] = paint;
    }
    const schedules = week.schedules(painted, 'an', [], ['group:learning'], []);
    assert.deepEqual(week.paint(schedules), painted, `seed ${seed}`);
    assert.equal(new Set(schedules.map(({ id }) => id)).size, schedules.length, 'ids are their own');
    assert.ok(schedules.every(week.fits), `seed ${seed}`);
  }
});

test('a bedtime over midnight is one window and belongs to the evening', () => {
  const bedtime = { id: 'bedtime', who: ['*'], mode: 'block', from: '21:30', to: '06:00', days: ['mon', 'sun'] };
  assert.deepEqual(week.schedules(week.paint([bedtime]), '*', [], [], []), [bedtime]);
  const always = { id: 'bedtime', who: ['*'], mode: 'block', from: '21:30', to: '06:00' };
  assert.deepEqual(week.schedules(week.paint([always]), '*', [], [], []), [always]);
});

test('the grid leaves alone what it can not show', () => {
  const bedtime = { id: 'x', who: ['an'], mode: 'block', from: '21:30', to: '06:00' };
  assert.ok(week.fits(bedtime));
  for (const other of [{ from: '21:15' }, { to: '6:00' }, { mode: 'block-set' }, { during: ['exams'] }]) {
    assert.ok(!week.fits({ ...bedtime, ...other }), JSON.stringify(other));
  }
});

test('no cell of an exported log is a formula', async () => {
  const { toCsv } = await module('views/activity/export.ts');
  const question = { time: 't', who: '', type: 'A', verdict: 'allowed', reason: 'none', rule: '', categories: [] };
  for (const name of ['=cmd()', '+1', '-1', '@x', '\tx', 'a"b', 'a,b', 'x\r\ny']) {
    const line = toCsv([{ ...question, name }]).split('\r\n').slice(1).join('\r\n');
    assert.doesNotMatch(line, /(^|,)"?[=+\-@\t]/, JSON.stringify(name));
  }
  assert.match(toCsv([{ ...question, name: 'a"b' }]), /,"a""b",/);
});

const names = {
  profiles: [
    { id: 'age-7-12', from: 7, to: 12, safe_search: 'strict', youtube: 'strict', blocks: [{ categories: ['social'], services: ['tiktok'] }] },
    { id: 'adult', from: 13, to: 255, safe_search: 'off', youtube: 'off', blocks: [] },
  ],
  services: [{ key: 'tiktok', group: { key: 'live' } }, { key: 'bigo', group: { key: 'live' } }],
};

test('a change makes a profile of their own, and its end brings the age back', async () => {
  const { protection, profileId, setBlocked, setLevel } = await module('model/profile.ts');
  const born = new Date().getFullYear() - 10;
  const family = { person: [{ id: 'an', name: 'An', birth_year: born }], device: [], profile: [] };
  const an = family.person[0];
  setBlocked(family, names, 'an', 'categories', ['social'], false);
  setBlocked(family, names, 'an', 'services', ['bigo'], true);
  setLevel(family, names, 'an', 'youtube', 'moderate');
  assert.equal(an.profile, 'an-own');
  const holds = protection(family, names, profileId(an, names));
  assert.deepEqual([[...holds.categories], [...holds.services].sort(), holds.youtube], [[], ['bigo', 'tiktok'], 'moderate']);
  setBlocked(family, names, 'an', 'categories', ['social'], true);
  setBlocked(family, names, 'an', 'services', ['bigo'], false);
  setLevel(family, names, 'an', 'youtube', 'strict');
  assert.deepEqual(family, { person: [{ id: 'an', name: 'An', birth_year: born }], device: [], profile: [] });
});

test('a profile that others go by too is not changed for one', async () => {
  const { setBlocked } = await module('model/profile.ts');
  const shared = { id: 'kids', base: 'age-7-12', permit: ['social'] };
  const family = {
    person: [{ id: 'an', name: 'An', profile: 'kids' }, { id: 'binh', name: 'Bình', profile: 'kids' }],
    device: [],
    profile: [structuredClone(shared)],
  };
  setBlocked(family, names, 'an', 'services', ['bigo'], true);
  assert.deepEqual(family.profile[0], shared);
  assert.equal(family.person[0].profile, 'an-own');
  assert.equal(family.person[1].profile, 'kids');
});
