// What a provider is told of the router: asked for only where one wants to know, shown word for word, and a parent's to say.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House, PASSWORD, until, violations } from './house.mjs';
import { shown } from './views.mjs';

const SYSTEM = '/cai-dat?muc=he-thong';
const TO = 'health.provider.example';

let house;
let parent;
before(async () => {
  house = await House.open({ health: `https://${TO}/luytre` });
  await house.settle();
  parent = await house.parent();
});
after(() => house.close());

const telling = async () => (await house.api('GET', 'health-report')).body.telling;

test('a parent reads all that would be sent, agrees, and takes it back', async () => {
  await parent.goto(SYSTEM);
  const agree = parent.getByRole('switch', { name: `Báo cho ${TO} biết router hoạt động ra sao` });
  await agree.waitFor();
  assert.equal(await agree.isChecked(), false, 'off by default');
  await parent.getByText('Nội dung được gửi').click();
  const { report } = (await house.api('GET', 'health-report')).body;
  assert.deepEqual(JSON.parse(await parent.locator('pre').textContent()), report);
  const terms = await parent.locator('details .glossary dt').allTextContents();
  const meanings = await parent.locator('details .glossary dd').allTextContents();
  assert.deepEqual(terms, Object.keys(report));
  assert.ok(meanings.every((meaning) => meaning.length > 5), meanings.join('; '));
  assert.deepEqual(await violations(parent), []);
  assert.ok((await parent.evaluate(() => document.documentElement.scrollWidth)) <= 360);

  await agree.check();
  await parent.getByText('Đã lưu').waitFor();
  await until('the router knows', async () => (await telling()).consent);
  await parent.reload();
  assert.equal(await agree.isChecked(), true);
  await agree.uncheck();
  await until('the router knows', async () => !(await telling()).consent);
  await parent.goto('/cai-dat?muc=so-tay');
  await parent.getByText(`${TO}: yes`).waitFor();
  await parent.getByText('Báo tình trạng router').first().waitFor();
  assert.deepEqual(parent.complaints, []);
});

test('a co-parent sees it and does not decide', async () => {
  await house.api('POST', 'accounts', { id: 'ba', name: 'Bà', role: 'co-parent', password: PASSWORD });
  const answer = await fetch(`${house.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account: 'ba', password: PASSWORD }),
  });
  const [name, value] = answer.headers.get('set-cookie').split(';')[0].split('=');
  const grandmother = await house.visitor();
  await grandmother.context().addCookies([{ name, value, url: house.url, httpOnly: true, sameSite: 'Strict' }]);
  await grandmother.goto(SYSTEM);
  const agree = grandmother.getByRole('switch', { name: `Báo cho ${TO}` });
  await agree.waitFor();
  assert.equal(await agree.isDisabled(), true);
  await grandmother.getByText('Chỉ tài khoản bố mẹ chính quyết định việc này.').waitFor();
});

test('where nobody wants to know nothing is asked', async () => {
  const plain = await House.open();
  try {
    await plain.settle();
    const page = await plain.parent();
    await page.goto(SYSTEM);
    await shown(page);
    await page.getByRole('heading', { name: 'Chương trình' }).waitFor();
    assert.equal(await page.getByRole('switch').count(), 0);
  } finally {
    await plain.close();
  }
});
