import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICES, House, PASSWORD } from './house.mjs';

let house;
before(async () => (house = await House.open()));
after(() => house.close());

test('a parent sets the house up on a phone, is interrupted, and goes on', async (t) => {
  const began = Date.now();
  const page = await house.visitor();
  await page.goto('/');
  await page.getByLabel('Mã cài đặt').fill('AAAA-BBBB-CCCC');
  await page.getByLabel('Mật khẩu của bố mẹ').fill(PASSWORD);
  await page.getByRole('button', { name: 'Bắt đầu' }).click();
  await page.getByText('Mã chưa đúng').waitFor();
  await page.getByLabel('Mã cài đặt').fill(house.setUpCode());
  await page.getByRole('button', { name: 'Bắt đầu' }).click();

  await page.getByRole('heading', { name: 'Nhà mình có ai?' }).waitFor();
  const year = new Date().getFullYear();
  for (const [name, age] of [['An', 10], ['Bình', 15]]) {
    await page.getByLabel('Tên gọi').fill(name);
    await page.getByLabel('Năm sinh').selectOption(String(year - age));
    await page.getByRole('button', { name: 'Thêm người này' }).click();
    await page.getByRole('button', { name: `Xóa ${name}` }).waitFor();
  }
  await page.getByText('THCS (13–15 tuổi)').waitFor();

  // The phone rings; later, at the same address.
  await page.reload();
  await page.getByRole('button', { name: 'Xóa Bình' }).waitFor();
  await page.getByRole('button', { name: 'Tiếp tục' }).click();

  await page.getByLabel(`Chủ của ${DEVICES.an.name}`).selectOption('an');
  await page.getByLabel(`Chủ của ${DEVICES.binh.name}`).selectOption('binh');
  await page.getByRole('switch', { name: 'Cẩn thận với thiết bị lạ' }).check();
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('radio', { name: 'Đêm trước ngày đi học' }).check();
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('heading', { name: 'Xong rồi!' }).waitFor();
  await page.getByRole('link', { name: 'Vào trang chính' }).click();
  await page.getByRole('region', { name: 'Bình' }).waitFor();
  t.diagnostic(`the first run took ${Date.now() - began} ms without the typing`);

  house.cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const { body } = await house.api('GET', 'family');
  assert.deepEqual(body.person.map(({ name }) => name), ['An', 'Bình']);
  assert.equal(body.unknown_devices, 'age-7-12');
  assert.deepEqual(body.schedule[0].days, ['mon', 'tue', 'wed', 'thu', 'sun']);
  assert.deepEqual(body.device.map(({ person }) => person), ['an', 'binh']);
  assert.deepEqual(page.complaints, []);

  // And the rules hold: TikTok is for 13 and above.
  assert.notDeepEqual(await house.dig(DEVICES.an, 'tiktok.com'), ['192.0.2.1']);
  assert.deepEqual(await house.dig(DEVICES.binh, 'tiktok.com'), ['192.0.2.1']);
});

test('who comes next logs in', async () => {
  const page = await house.visitor();
  await page.goto('/thiet-bi');
  await page.getByLabel('Mật khẩu').fill('falsch falsch');
  await page.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  await page.getByText('Mật khẩu chưa đúng').waitFor();
  await page.getByLabel('Mật khẩu').fill(PASSWORD);
  await page.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  await page.getByRole('heading', { name: 'Thiết bị', exact: true }).waitFor();
  assert.deepEqual(page.complaints, []);
});
