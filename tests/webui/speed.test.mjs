// A cheap phone of three years ago: Chromium with a sixth of the CPU.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICES, House } from './house.mjs';
import { liveIn } from './views.mjs';

const SLOWER = 6;
/** In milliseconds. The targets; a shared machine gets half as much again. */
const FIRST_VIEW = 1500;
const INTERACTION = 200;
const NOISE = 1.5;

let house;
before(async () => {
  house = await House.open();
  await liveIn(house, DEVICES);
});
after(() => house.close());

/** The middle of five. */
const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];

test('the first view and an interaction on an old phone', async (t) => {
  const [firsts, touches] = [[], []];
  for (let round = 0; round < 5; round++) {
    const page = await house.parent();
    const client = await page.context().newCDPSession(page);
    await client.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    const began = Date.now();
    await page.goto('/', { waitUntil: 'commit' });
    await page.getByRole('region', { name: 'An', exact: true }).waitFor();
    firsts.push(Date.now() - began);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    // From the touch until the sheet is drawn, as the page itself sees it.
    touches.push(
      await page.evaluate(async () => {
        const button = [...document.querySelectorAll('.person button')][0];
        const began = performance.now();
        button.click();
        while (!document.querySelector('dialog[open]')) await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return Math.round(performance.now() - began);
      }),
    );
    await page.context().close();
  }
  const [first, touch] = [median(firsts), median(touches)];
  t.diagnostic(`first view ${first} ms (target ${FIRST_VIEW}), interaction ${touch} ms (target ${INTERACTION}), CPU a sixth`);
  assert.ok(first < FIRST_VIEW * NOISE, `first view ${firsts}`);
  assert.ok(touch < INTERACTION * NOISE, `interaction ${touches}`);
});
