// Without a mouse or a finger: everything can be reached, is seen to be there, and does what it says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICES, House, PASSWORD, until } from './house.mjs';
import { CHILD, liveIn, shown, VIEWS } from './views.mjs';

let house;
before(async () => {
  house = await House.open();
  await liveIn(house, DEVICES);
});
after(() => house.close());

/** What Tab should come to: what is shown, can be used, and is not taken out of the order by its own keys. */
const reachable = (page) =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')];
    const inOrder = all.filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }));
    // Of radio buttons with a name the browser stops at one.
    const groups = new Set();
    const stops = inOrder.filter((one) => {
      if (one.type !== 'radio') return true;
      const group = `${one.name} ${one.form?.id}`;
      return !groups.has(group) && groups.add(group);
    });
    stops.forEach((one, index) => (one.dataset.stop = one.type === 'radio' ? one.name : String(index)));
    inOrder.filter((one) => one.type === 'radio').forEach((one) => (one.dataset.stop = one.name));
    return stops.map((one) => one.dataset.stop);
  });

/** Where the focus is, and whether one sees that. */
const focused = (page) =>
  page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body) return undefined;
    // A radio button or a switch is drawn by what stands beside it.
    const drawn = [one, one.nextElementSibling, one.parentElement].filter(Boolean).map((element) => getComputedStyle(element));
    const seen = drawn.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
    return { stop: one.dataset.stop, seen, html: one.outerHTML.slice(0, 120) };
  });

test('Tab comes to everything on every page, and one sees where it is', async (t) => {
  const [parent, stranger] = [await house.parent(), await house.visitor()];
  let stops = 0;
  for (const [page, paths] of [[parent, VIEWS], [stranger, CHILD]]) {
    for (const path of Object.values(paths)) {
      await page.goto(path);
      await shown(page);
      await page.waitForLoadState('networkidle');
      const wanted = new Set(await reachable(page));
      for (let left = wanted.size + 20; left > 0; left--) {
        await page.keyboard.press('Tab');
        const now = await focused(page);
        if (!now) break;
        assert.ok(now.seen, `${path}: nobody sees that the focus is at ${now.html}`);
        if (wanted.delete(now.stop)) stops++;
        if (wanted.size === 0) break;
      }
      const left = await page.evaluate((stops) => stops.map((stop) => document.querySelector(`[data-stop="${stop}"]`)?.outerHTML.slice(0, 160)), [...wanted]);
      assert.deepEqual(left, [], `${path}: out of reach`);
    }
  }
  t.diagnostic(`${stops} stops`);
});

test('the first Tab leads past the menu', async () => {
  const page = await house.parent();
  await page.goto('/');
  await shown(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null));
});

test('a sheet takes the focus, keeps it, and gives it back', async () => {
  const page = await house.parent();
  await page.goto('/');
  const opener = page.getByRole('region', { name: 'An', exact: true }).getByRole('button', { name: 'Tạm dừng' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  for (let press = 0; press < 12; press++) {
    await page.keyboard.press('Tab');
    const outside = await page.evaluate(() => document.activeElement !== document.body && !document.activeElement.closest('dialog'));
    assert.equal(outside, false, 'the page behind is out of reach');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.ok(await opener.evaluate((button) => document.activeElement === button));
});

test('a parent logs in, pauses a child and lifts it by keys alone', async () => {
  const page = await house.visitor();
  const type = async (text) => (await page.keyboard.type(text), page.keyboard.press('Enter'));
  const to = async (what) => {
    for (let press = 0; press < 60; press++) {
      if (await what.evaluate((one) => document.activeElement === one)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab never comes to ${what}`);
  };
  await page.goto('/');
  await shown(page);
  await to(page.getByLabel('Mật khẩu'));
  await type(PASSWORD);
  const binh = page.getByRole('region', { name: 'Bình', exact: true });
  await binh.waitFor();
  await to(binh.getByRole('button', { name: 'Tạm dừng' }));
  await page.keyboard.press('Enter');
  await to(page.getByRole('dialog').getByRole('button', { name: '30 phút' }));
  await page.keyboard.press('Space');
  await binh.getByText('Đang tạm dừng').waitFor();
  await to(binh.getByRole('button', { name: 'Mở lại mạng' }));
  await page.keyboard.press('Enter');
  await until('it is lifted', async () => (await house.api('GET', 'family')).body.pause === undefined);
});
