// A day in the life: a child asks, a parent answers; bedtime; a budget; a pause.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICES, House, paint, PASSWORD, until } from './house.mjs';

let house;
let parent;
before(async () => {
  house = await House.open({ centre: true });
  await house.settle();
  parent = await house.parent();
});
after(() => house.close());

const open = async (name) => (await house.dig(DEVICES.an, name)).includes('192.0.2.1');

test('a child comes from the block page, asks, and the parent allows it', async () => {
  assert.equal(await open('tiktok.com'), false);
  const blocked = await house.http(DEVICES.an, '/', { host: 'tiktok.com', headers: { Accept: 'text/html' } });
  assert.equal(blocked.status, 403);
  assert.match(blocked.body, /href="http:\/\/luytre\.lan\/xin\?name=tiktok\.com&#38;lang=vi"/);

  const form = await house.http(DEVICES.an, '/xin?name=tiktok.com&lang=vi');
  assert.equal(form.status, 200);
  assert.match(form.body, /Gia đình bạn đã tắt ứng dụng này|Nhà bạn chặn/);
  const sent = await house.http(DEVICES.an, '/xin?lang=vi', {
    form: { kind: 'site', name: 'tiktok.com', reason: 'Con làm bài thuyết trình', mistake: '1' },
  });
  assert.deepEqual([sent.status, sent.headers.location], [303, '/toi?lang=vi&sent=1']);
  assert.match((await house.http(DEVICES.an, '/toi')).body, /Đang chờ/);

  await parent.goto('/');
  const request = parent.getByRole('region', { name: 'Yêu cầu của An' });
  await request.getByText('Có thể bị chặn nhầm. Con làm bài thuyết trình').waitFor();
  await request.getByRole('button', { name: 'Cho 1 giờ' }).click();
  await parent.getByText('Đã trả lời: An được phép').waitFor();
  await until('the site is open', () => open('tiktok.com'));
  assert.match((await house.http(DEVICES.an, '/toi')).body, /Được rồi/);
});

test('a wrong block is reported from a line of the log, a harmful site from "Why?"', async () => {
  await open('bet365.com');
  await parent.goto('/nhat-ky');
  await parent.getByRole('button', { name: /bet365\.com/ }).first().click();
  await parent.getByRole('button', { name: 'Báo chặn nhầm' }).click();
  await parent.getByText('Không gửi tên người').waitFor();
  await parent.getByRole('button', { name: 'Gửi báo cáo' }).click();
  await parent.getByText('Báo cáo sẽ được gửi').waitFor();

  await parent.goto('/vi-sao?ten=hoc-bai.example&ai=an');
  await parent.getByRole('button', { name: 'Báo trang có hại' }).click();
  await parent.getByLabel('Trang này có gì?').selectOption({ label: 'Cờ bạc, cá độ' });
  await parent.getByRole('button', { name: 'Gửi báo cáo' }).click();
  await parent.getByText('Báo cáo sẽ được gửi').waitFor();

  await parent.goto('/cai-dat?muc=bao-cao');
  await parent.getByText('bet365.com').waitFor();
  assert.equal(await parent.getByText('Đang chờ gửi').count(), 2);
  const { items } = (await house.api('GET', 'reports')).body;
  assert.deepEqual(items.map(({ kind, category }) => [kind, category]), [['harmful', 'gambling'], ['wrong', '']]);
});

test('a DNS server is tested, and one that is not there is said to be', async () => {
  await parent.goto('/cai-dat?muc=he-thong');
  await parent.getByRole('button', { name: /^Thử udp:/ }).click();
  await parent.getByText(/Trả lời sau \d+ ms/).waitFor();
  await parent.getByText('Thử máy chủ khác').click();
  await parent.getByLabel('Địa chỉ máy chủ').fill('udp://127.0.0.1:9');
  await parent.getByRole('button', { name: 'Thử udp://127.0.0.1:9' }).click();
  await parent.getByText('Không dùng được.').waitFor();
});

test('a parent looks for a newer list, and learns of a newer program', async () => {
  house.centre.publish(['newer.example'], '9.1.0');
  assert.equal(await open('newer.example'), true);
  await parent.goto('/cai-dat?muc=he-thong');
  await parent.getByRole('button', { name: 'Tìm danh sách mới hơn' }).click();
  await parent.getByText('Danh sách mới đã có hiệu lực').waitFor();
  await until('it holds', async () => !(await open('newer.example')));
  await parent.getByRole('button', { name: 'Tìm danh sách mới hơn' }).click();
  await parent.getByText('Đây là danh sách mới nhất').waitFor();
  await parent.goto('/');
  await parent.getByText('Đã có Luytre 9.1.0').waitFor();
});

test("Decree 147's limits are taken over, with one for a game that is played", async () => {
  await parent.goto('/nguoi/an?muc=gio');
  await parent.getByRole('button', { name: 'Trò chơi theo Nghị định 147' }).click();
  await parent.getByLabel('Roblox').check();
  await parent.getByRole('button', { name: 'Áp dụng' }).click();
  await parent.getByText('Đã lưu').waitFor();
  const { budget } = (await house.api('GET', 'family')).body;
  assert.deepEqual(budget.map(({ of, minutes }) => [String(of), minutes]).sort(), [['group:games', 180], ['service:roblox', 60]]);
  await house.editFamily((family) => delete family.budget);
});

test('a schedule that the grid cannot show is edited as a window', async () => {
  await house.editFamily((family) => {
    family.schedule = [{ id: 'an-chat', who: ['an'], mode: 'block-set', of: ['service:zalo'], from: '07:45', to: '11:20', days: ['sat'] }];
  });
  await parent.goto('/nguoi/an?muc=gio');
  await parent.getByRole('button', { name: /^Sửa .*chat/ }).click();
  const sheet = parent.getByRole('dialog');
  await sheet.getByLabel('Đến').fill('12:10');
  await sheet.getByLabel('Chủ nhật').check();
  await sheet.getByLabel('Thêm ứng dụng hoặc nhóm').selectOption('service:tiktok');
  await sheet.getByRole('button', { name: 'Lưu' }).click();
  await parent.getByText('Đã lưu').waitFor();
  const { schedule } = (await house.api('GET', 'family')).body;
  const { to, days, of } = schedule[0];
  assert.deepEqual([to, days, of], ['12:10', ['sat', 'sun'], ['service:zalo', 'service:tiktok']]);
  await house.editFamily((family) => delete family.schedule);
});

test('a pause cuts off at once, can be undone, and lifted', async () => {
  await parent.goto('/');
  const an = parent.getByRole('region', { name: 'An', exact: true });
  await an.getByRole('button', { name: 'Tạm dừng' }).click();
  await parent.getByRole('button', { name: '30 phút' }).click();
  await an.getByText('Đang tạm dừng').waitFor();
  assert.equal(await open('vnexpress.net'), false);
  assert.match((await house.http(DEVICES.an, '/toi')).body, /đang được tạm dừng/);
  await parent.getByRole('button', { name: 'Hoàn tác' }).click();
  await an.getByText('Đang mở').waitFor();
  assert.equal(await open('vnexpress.net'), true);
  await parent.getByRole('button', { name: 'Dừng cả nhà' }).click();
  await parent.getByRole('button', { name: 'đến khi tôi mở lại' }).click();
  await an.getByText('Đang tạm dừng').waitFor();
  await an.getByRole('button', { name: 'Mở lại mạng' }).click();
  await an.getByText('Đang mở').waitFor();
  assert.equal(await open('vnexpress.net'), true);
  const binh = parent.getByRole('region', { name: 'Bình', exact: true });
  await binh.getByText('Đang tạm dừng').waitFor();
  await binh.getByRole('button', { name: 'Mở lại mạng' }).click();
  await binh.getByText('Đang mở').waitFor();
});

test('what is kept of a child is chosen in the settings, and the log goes by it and says so', async () => {
  await parent.goto('/cai-dat?muc=nha');
  await parent.getByLabel('An', { exact: true }).selectOption('category');
  await parent.getByText('Đã lưu').waitFor();
  await open('rieng-tu.example');
  await parent.goto('/nhat-ky');
  await parent.getByText('(chỉ loại nội dung)').waitFor();
  assert.equal(await parent.getByText('rieng-tu.example').count(), 0);
  await house.editFamily((family) => family.person.forEach((person) => delete person.privacy));
});

test('a week is painted by keyboard and by finger, and the hours hold', async () => {
  await parent.goto('/nguoi/an?muc=gio');
  const grid = parent.getByRole('grid', { name: 'Bảng giờ trong tuần' });
  const row = (day) => grid.getByRole('row', { name: day });
  await grid.waitFor();

  // Monday by keyboard: from the left end, four half hours.
  await grid.locator('[tabindex="0"][role="gridcell"]').focus();
  await parent.keyboard.press('Home');
  await parent.keyboard.press('Space');
  for (let i = 0; i < 3; i++) await parent.keyboard.press('Shift+ArrowRight');
  assert.equal(await row('Thứ Hai').locator('.block').count(), 4);

  // Every day by finger and copying: the whole day.
  await paint(parent, 'Thứ Hai', 0.3, 1);
  await paint(parent, 'Thứ Hai', 0.28, 0.05);
  assert.equal(await row('Thứ Hai').locator('.block').count(), 48);
  await grid.getByRole('button', { name: 'sửa Thứ Hai' }).click();
  await parent.getByRole('button', { name: 'Mọi ngày' }).click();
  assert.equal(await grid.locator('.block').count(), 48 * 7);
  assert.equal(await open('vnexpress.net'), true, 'nothing holds before it is saved');

  await parent.getByRole('button', { name: 'Lưu' }).click();
  await parent.getByText('Đã lưu').waitFor();
  assert.equal(await open('vnexpress.net'), false);
  const child = await house.http(DEVICES.an, '/toi');
  assert.match(child.body, /Bây giờ không phải giờ dùng mạng/);
  await parent.getByText('Đang nghỉ: giờ đi ngủ').waitFor();

  // More time passes over it.
  await parent.getByRole('button', { name: 'Thêm giờ' }).first().click();
  await parent.getByRole('group', { name: 'Mở cả ngoài giờ' }).getByRole('button', { name: '15 phút' }).click();
  await parent.getByText('An được thêm 15 phút').waitFor();
  await until('the grant holds', () => open('vnexpress.net'));
  await house.api('POST', 'grants', { who: 'an', of: 'all', minutes: 0 });
  await parent.getByRole('button', { name: 'Bỏ thay đổi' }).waitFor({ state: 'hidden' });
  await house.editFamily((family) => delete family.schedule);
});

test('a budget is set, used, and shown as a ring on both pages', async () => {
  await parent.goto('/nguoi/an?muc=gio');
  await parent.getByRole('button', { name: 'Thêm giới hạn' }).click();
  await parent.getByLabel('Của', { exact: true }).selectOption('service:youtube');
  await parent.getByLabel('T2 – T6').selectOption('60');
  await parent.getByLabel('Cuối tuần').selectOption('60');
  await parent.getByRole('dialog').getByRole('button', { name: 'Lưu' }).click();
  await parent.getByRole('img', { name: 'YouTube: còn 1 giờ trong 1 giờ' }).waitFor();
  const child = await house.http(DEVICES.an, '/toi');
  assert.match(child.body, /YouTube<\/strong> 60 trong 60 phút/);
  await parent.getByRole('button', { name: 'Thêm giờ' }).first().click();
  await parent.getByRole('group', { name: 'YouTube' }).getByRole('button', { name: '30 phút' }).click();
  await parent.getByRole('img', { name: 'YouTube: còn 1 giờ 30 phút trong 1 giờ 30 phút' }).waitFor();
});

test('"why" explains a site and mends it', async () => {
  await parent.goto('/vi-sao');
  await parent.getByLabel('Trang web').fill('https://www.facebook.com/groups/1');
  await parent.getByLabel('Với ai?').selectOption('an');
  await parent.getByRole('button', { name: 'Xem vì sao' }).click();
  await parent.getByText('Bị chặn', { exact: true }).waitFor();
  await parent.getByRole('button', { name: 'Luôn cho phép trang này' }).click();
  await parent.getByText('Quy định riêng của nhà quyết định').waitFor();
  assert.equal(await open('facebook.com'), true);
  await parent.getByRole('button', { name: 'Hoàn tác' }).click();
  await parent.getByText('Bị chặn', { exact: true }).waitFor();
  assert.equal(await open('facebook.com'), false);
});

test('a category and an app are allowed and blocked by a switch', async () => {
  await parent.goto('/nguoi/an?muc=ung-dung');
  await parent.getByRole('searchbox').fill('instagram');
  await parent.getByRole('switch', { name: 'Instagram', exact: true }).check();
  await parent.getByText('An được phép: Instagram').waitFor();
  await parent.goto('/nguoi/an');
  await parent.getByRole('switch', { name: 'Mạng xã hội' }).check();
  await until('Instagram is open', () => open('www.instagram.com'));
  await parent.getByRole('button', { name: 'Trở về mức theo tuổi' }).click();
  await until('Instagram is blocked again', async () => !(await open('www.instagram.com')));
});

test('the log follows live, and a line is blocked from it', async () => {
  await parent.goto('/nhat-ky');
  await parent.getByRole('switch', { name: 'Xem trực tiếp' }).check();
  // The stream begins when it is open; a question before that is in the list of a reload.
  await until('the question is seen', async () => {
    await house.dig(DEVICES.an, 'truc-tiep.example');
    return (await parent.getByText('truc-tiep.example').count()) > 0;
  });
  await parent.getByRole('button', { name: /truc-tiep\.example/ }).first().click();
  await parent.getByRole('button', { name: 'Luôn chặn với An' }).click();
  await parent.getByText('Đã chặn truc-tiep.example').waitFor();
  assert.equal(await open('truc-tiep.example'), false);
});

test('a session that ends returns to where one was, and what was pressed is done', async () => {
  await parent.goto('/nguoi/binh?muc=trang');
  await parent.getByLabel('Trang web').fill('phien-het-han.example');
  await house.api('DELETE', 'session');
  await parent.getByRole('button', { name: 'Thêm', exact: true }).click();
  const dialog = parent.getByRole('dialog', { name: 'Đăng nhập lại' });
  await dialog.getByLabel('Mật khẩu').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  await parent.getByText('phien-het-han.example').waitFor();
  assert.match(parent.url(), /\/nguoi\/binh\?muc=trang$/);
  assert.equal((await house.dig(DEVICES.binh, 'phien-het-han.example')).includes('192.0.2.1'), true);
  assert.deepEqual(parent.complaints, []);
});
