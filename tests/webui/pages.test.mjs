// Every page in both languages, light and dark: axe finds nothing, nothing is wider than a small phone, nothing complains.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICES, House, violations } from './house.mjs';
import { CHILD, liveIn, shown, VIEWS } from './views.mjs';

const WAYS = [
  { locale: 'vi-VN', colorScheme: 'light' },
  { locale: 'vi-VN', colorScheme: 'dark' },
  { locale: 'en-GB', colorScheme: 'light' },
  { locale: 'en-GB', colorScheme: 'dark' },
];

let house;
before(async () => {
  house = await House.open({ centre: true, health: 'https://health.provider.example/luytre' });
  await liveIn(house, DEVICES);
});
after(() => house.close());

async function fits(page, what) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `${what}: ${width} px wide`);
}

for (const way of WAYS) {
  const name = `${way.locale.slice(0, 2)}, ${way.colorScheme}`;
  test(`axe finds nothing: ${name}`, async (t) => {
    const page = await house.parent(way);
    const stranger = await house.visitor(way);
    const found = [];
    let looked = 0;
    const look = async (page, path) => {
      await page.goto(path);
      await shown(page);
      found.push(...(await violations(page)).map((violation) => `${path}: ${violation}`));
      await fits(page, path);
      looked++;
    };
    for (const path of Object.values(VIEWS)) await look(page, path);
    for (const path of Object.values(CHILD)) await look(stranger, `${path}${path.includes('?') ? '&' : '?'}lang=${way.locale.slice(0, 2)}`);
    await look(stranger, '/');
    // The block page: the site's own address leads to us.
    for (const site of ['tiktok.com', 'example.com']) {
      await stranger.route('**/*', async (route) => {
        const headers = { 'accept-language': way.locale };
        const { status, headers: sent, body } = await house.http(DEVICES.an, '/', { host: site, headers });
        await route.fulfill({ status, headers: sent, body });
      });
      await look(stranger, '/');
      await stranger.unroute('**/*');
    }
    t.diagnostic(`${looked} pages`);
    assert.deepEqual(found, []);
    assert.deepEqual([...page.complaints, ...stranger.complaints], []);
  });
}

test('sheets and dialogs are as good as pages', async () => {
  const page = await house.parent();
  const sheets = [
    ['/', () => page.getByRole('region', { name: 'An', exact: true }).getByRole('button', { name: 'Thêm giờ' })],
    ['/', () => page.getByRole('button', { name: 'Dừng cả nhà' })],
    ['/nguoi/an?muc=gio', () => page.getByRole('button', { name: 'sửa Thứ Hai' })],
    ['/nguoi/an?muc=gio', () => page.getByRole('button', { name: 'Thêm giới hạn' })],
    ['/nguoi/an?muc=gio', () => page.getByRole('button', { name: /^Sửa .*chat/ })],
    ['/nguoi/binh?muc=gio', () => page.getByRole('button', { name: 'Trò chơi theo Nghị định 147' })],
    ['/nhat-ky', () => page.locator('.log button').first()],
    ['/vi-sao?ten=bet365.com&ai=an', () => page.getByRole('button', { name: 'Báo chặn nhầm' })],
    ['/vi-sao?ten=vnexpress.net&ai=an', () => page.getByRole('button', { name: 'Báo trang có hại' })],
    ['/thiet-bi', () => page.getByRole('button', { name: /^Sửa / }).first()],
    ['/nguoi/an?muc=thong-tin', () => page.getByRole('button', { name: 'Xóa An' })],
  ];
  for (const [path, opener] of sheets) {
    await page.goto(path);
    await shown(page);
    await opener().click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    assert.deepEqual(await violations(page), [], path);
    await fits(page, path);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  }
});

test('without a script the pages of children and the router work, and send', async () => {
  const page = await house.visitor({ javaScriptEnabled: false });
  await page.goto('/');
  assert.match(await page.locator('h1').textContent(), /Mạng nhà bạn đang được bảo vệ/);
  await page.goto('/toi');
  await page.getByText('Xin thêm giờ').click();
  await page.getByLabel('Để dùng').selectOption('an-youtube');
  await page.getByLabel('60').check();
  await page.getByLabel('Vì sao bạn cần?').last().fill('Xem bài giảng');
  await page.getByRole('button', { name: 'Gửi cho bố mẹ' }).last().click();
  await page.getByText('Đã gửi').waitFor();
  await page.getByText('YouTube: 60 phút').waitFor();
  await page.getByRole('link', { name: /sáu điều nên nhớ/ }).click();
  await page.getByText('Người trên mạng có thể không phải là người họ nói').waitFor();
  await page.goto('/xin?name=tiktok.com');
  await page.getByRole('button', { name: 'Gửi cho bố mẹ' }).click();
  await page.getByText('Đã gửi').waitFor();
});

test('a form of another site is refused', async () => {
  for (const headers of [{ Origin: 'http://evil.example' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, {}]) {
    const answer = await fetch(`${house.url}/xin`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: 'kind=site&name=evil.example',
      redirect: 'manual',
    });
    assert.equal(answer.status, 403, JSON.stringify(headers));
  }
});

test('the block page is short, is not kept, and says so to programs', async () => {
  const page = await house.http(DEVICES.an, '/', { host: 'bet365.com' });
  const { gzipSync } = await import('node:zlib');
  assert.ok(gzipSync(page.body).length < 6000, `${gzipSync(page.body).length} bytes compressed`);
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.doesNotMatch(page.body, /<script|<form/);
  const app = await house.http(DEVICES.an, '/api', { host: 'bet365.com', headers: { Accept: 'application/json' } });
  assert.equal(app.status, 403);
  assert.equal(JSON.parse(app.body).rule, 'category:gambling');
  const worst = await house.http(DEVICES.an, '/', { host: 'example.com' });
  assert.match(worst.body, /không bị chặn/);
});

test('a click that goes nowhere, a language, a way back', async () => {
  const page = await house.parent();
  await page.goto('/cai-dat?muc=nha');
  await page.getByLabel('Ngôn ngữ của tôi').selectOption('en');
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  await page.getByLabel('My language').selectOption('vi');
  await page.getByRole('link', { name: 'Thiết bị' }).click();
  await page.getByRole('heading', { name: 'Thiết bị', exact: true }).waitFor();
  await page.goBack();
  await page.getByLabel('Ngôn ngữ của tôi').waitFor();
});
