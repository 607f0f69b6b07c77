import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House, paint } from './house.mjs';

let house;
before(async () => {
  house = await House.open();
  await house.settle();
});
after(() => house.close());

/** Paints the first half of a day, and leaves it unsaved. */
async function paintMorning(page, day) {
  await page.goto('/nguoi/an?muc=gio');
  await page.getByRole('row', { name: day }).waitFor();
  await paint(page, day, 0, 0.49);
  await page.getByRole('button', { name: 'Lưu' }).waitFor();
}

const theirs = { id: 'an-bedtime', who: ['an'], mode: 'block', from: '20:00', to: '22:00' };

for (const [choice, button, kept] of [
  ['the own version', 'Giữ bản của tôi', '00:00'],
  ['the other version', 'Lấy bản mới', '20:00'],
]) {
  test(`two change the same hours: both are shown, and ${choice} is kept`, async () => {
    await house.editFamily((family) => delete family.schedule);
    const page = await house.parent();
    await paintMorning(page, 'Thứ Hai');
    await house.editFamily((family) => (family.schedule = [theirs]));
    await page.getByRole('button', { name: 'Lưu' }).click();
    const dialog = page.getByRole('dialog', { name: 'Người khác vừa sửa chỗ này' });
    await dialog.getByText('Nghỉ mạng 20:00–22:00 mỗi ngày').waitFor();
    await dialog.getByText('Nghỉ mạng 00:00–12:00 T2').waitFor();
    await dialog.getByRole('button', { name: button }).click();
    await page.getByRole('button', { name: 'Lưu' }).waitFor({ state: 'hidden' });
    const { body } = await house.api('GET', 'family');
    assert.deepEqual(body.schedule.map(({ from }) => from), [kept]);
    await page.context().close();
  });
}

test('two change different things: nothing is lost', async () => {
  await house.editFamily((family) => delete family.schedule);
  const page = await house.parent();
  await paintMorning(page, 'Chủ nhật');
  await house.editFamily((family) => (family.rule = [{ name: 'khac.example', action: 'block' }]));
  await page.getByRole('button', { name: 'Lưu' }).click();
  await page.getByText('Đã lưu').waitFor();
  const { body } = await house.api('GET', 'family');
  assert.deepEqual([body.rule[0].name, body.schedule[0].days], ['khac.example', ['sun']]);
});
