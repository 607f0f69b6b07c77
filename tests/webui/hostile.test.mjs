// What comes from the network is text: names of devices, names that were asked for, what children write.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICES, House } from './house.mjs';

/** Names of devices, as a DHCP client may send them: a lease's line has no blank in it. */
const HOSTS = [
  '<img/src=x/onerror=alert(1)>', '<script>alert(1)</script>', '"><svg/onload=alert(1)>', "'-alert(1)-'", '${alert(1)}',
  '{{7*7}}', '</title><script>alert(1)</script>', '<iframe/src=//evil.example>', 'javascript:alert(1)', '&lt;b&gt;',
  '<b>béo</b>', '../../etc/passwd', '%3Cscript%3E', '=cmd|calc', '\u202Egnp.exe', 'a'.repeat(200), '<style>*{display:none}</style>',
  '<base/href=//evil.example>', '<a/href=//evil.example>x</a>', '<form/action=//evil.example>', '<meta/http-equiv=refresh>', '<!--',
];

/** Names that are asked for: every byte but the dot can stand in one. */
const QUERIES = [
  '<script>alert(1)</script>.example', '<img/src=x/onerror=alert(1)>.example', '"onfocus=alert(1)//.example', "'or'1'='1.example",
  '=hyperlink.example', '{{constructor}}.example', '%00.example', 'xn--80ak6aa92e.example', '</li></ul><h1>x.example', '<svg/onload=alert(1)>.example',
];

let house;
before(async () => {
  const leases = HOSTS.map((name, index) => [`127.0.1.${index + 1}`, `02:00:00:00:01:${String(index + 10)}`, name]);
  house = await House.open({ leases });
  await house.settle();
  for (const name of QUERIES) await house.ask(DEVICES.an, name);
});
after(() => house.close());

/** Opens a view and holds that nothing in it ran, and nothing of the network became an element. */
async function calm(page, path) {
  page.on('dialog', (dialog) => assert.fail(`a dialog: ${dialog.message()}`));
  await page.goto(path);
  await page.locator('h1').waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const strange = await page.evaluate(() =>
    [...document.querySelectorAll('body script, iframe, base, body meta, #app style, img, form[action^="//"], a[href*="evil"], [onerror], [onload], [onfocus]')].map((element) => element.outerHTML),
  );
  assert.deepEqual(strange, []);
  assert.deepEqual(page.complaints, []);
}

test('the names that 22 devices give themselves are shown as they are', async () => {
  const page = await house.parent();
  await calm(page, '/thiet-bi');
  const { devices } = (await house.api('GET', 'status')).body;
  const named = devices.filter(({ name }) => name);
  assert.ok(named.length >= HOSTS.length, `${named.length} devices have a name`);
  const shown = await page.locator('.devices bdi').allTextContents();
  for (const { name } of named) assert.ok(shown.includes(name), JSON.stringify(name));
  assert.ok(shown.some((name) => name.includes('<')), 'some of it looks like markup');
});

test('10 names that were asked for are shown as they are', async () => {
  const page = await house.parent();
  await calm(page, '/nhat-ky');
  const { items } = (await house.api('GET', 'queries')).body;
  const shown = await page.locator('.log bdi').allTextContents();
  assert.ok(items.length >= QUERIES.length, `${items.length} questions`);
  for (const { name } of items) assert.ok(shown.includes(name), JSON.stringify(name));
  assert.ok(shown.some((name) => name.includes('<script>')), 'some of it looks like markup');
  await page.locator('.log button').first().click();
  await page.getByRole('dialog').waitFor();
});

test('what a child writes is shown as it is, to the parent and to the child', async () => {
  const reason = '<script>alert(1)</script><b>cho con với</b> \u202Eabc';
  await house.http(DEVICES.an, '/xin', { form: { kind: 'site', name: 'example.com', reason } });
  const page = await house.parent();
  await calm(page, '/yeu-cau');
  await page.getByText('<script>alert(1)</script><b>cho con với</b> abc').waitFor();
  await calm(page, '/');
});

test('an address brings nothing in', async () => {
  const page = await house.parent();
  for (const path of [
    '/vi-sao?ten=%3Cscript%3Ealert(1)%3C/script%3E&ai=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E',
    '/nguoi/%3Cimg%20src=x%20onerror=alert(1)%3E',
    '/cai-dat?muc=__proto__',
    '/xin?name=%3Cscript%3Ealert(1)%3C/script%3E',
    '/xin?name=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E.example',
  ]) {
    await calm(page, path);
  }
});
