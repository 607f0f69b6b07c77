// Every page, for who looks at all of them.

export const VIEWS = {
  home: '/',
  'set-up-people': '/bat-dau?buoc=2',
  'set-up-devices': '/bat-dau?buoc=3',
  'set-up-bedtime': '/bat-dau?buoc=4',
  'set-up-done': '/bat-dau?buoc=5',
  content: '/nguoi/an?muc=noi-dung',
  hours: '/nguoi/an?muc=gio',
  apps: '/nguoi/an?muc=ung-dung',
  sites: '/nguoi/an?muc=trang',
  about: '/nguoi/an?muc=thong-tin',
  requests: '/yeu-cau',
  activity: '/hoat-dong',
  log: '/nhat-ky',
  devices: '/thiet-bi',
  why: '/vi-sao?ten=bet365.com&ai=an',
  settings: '/cai-dat',
  'settings-home': '/cai-dat?muc=nha',
  'settings-hours': '/cai-dat?muc=gio',
  'settings-security': '/cai-dat?muc=bao-mat',
  'settings-accounts': '/cai-dat?muc=tai-khoan',
  'settings-backup': '/cai-dat?muc=sao-luu',
  'settings-system': '/cai-dat?muc=he-thong',
  'settings-reports': '/cai-dat?muc=bao-cao',
  'settings-audit': '/cai-dat?muc=so-tay',
  help: '/tro-giup',
};

/** Made on the router; the device that looks is An's. */
export const CHILD = {
  child: '/toi',
  'child-sent': '/toi?sent=1',
  'child-safe': '/toi/an-toan',
  ask: '/xin?name=tiktok.com',
  'ask-report': '/xin?name=bet365.com',
  'ask-open': '/xin?name=example.com',
  'ask-empty': '/xin',
};

/** A house in which there is something to see on every page. */
export async function liveIn(house, DEVICES) {
  await house.settle();
  if (house.centre) await house.api('POST', 'sync');
  await house.api('POST', 'devices', { addresses: ['127.0.0.1'], name: 'Máy này', person: 'an' });
  await house.editFamily((family) => {
    family.budget = [
      { id: 'an-youtube', who: 'an', of: 'service:youtube', minutes: 60, weekend_minutes: 120, warn: [15, 5] },
      { id: 'an-games', who: 'an', of: 'group:games', minutes: 45 },
      { id: 'binh-all', who: 'binh', of: 'all', minutes: 180 },
    ];
    family.schedule = [
      { id: 'bedtime', who: ['*'], mode: 'block', from: '21:30', to: '06:00', except: ['tet'] },
      { id: 'an-chat', who: ['an'], mode: 'block-set', of: ['service:zalo', 'group:social'], from: '07:45', to: '11:20', days: ['sat'] },
      { id: 'an-school', who: ['an'], mode: 'only', of: ['group:learning'], from: '19:00', to: '20:30', days: ['mon', 'tue', 'wed', 'thu', 'fri'] },
    ];
    family.rule = [
      { who: ['an'], name: 'violympic.vn', action: 'allow', over_time: true },
      { name: 'game-lau.example', action: 'block' },
    ];
  });
  for (let round = 0; round < 4; round++) {
    await house.dig(DEVICES.an, 'youtube.com', 'www.youtube.com', 'zalo.me', 'violympic.vn', 'bet365.com', 'tiktok.com', 'vnexpress.net');
    await house.dig(DEVICES.binh, 'youtube.com', 'roblox.com', 'shopee.vn', 'discord.com', 'www.pornhub.com', 'garena.vn');
  }
  await house.http(DEVICES.an, '/xin', { form: { kind: 'site', name: 'facebook.com', reason: 'Con xem bài của lớp trên nhóm ạ' } });
  await house.http(DEVICES.binh, '/xin', { form: { kind: 'time', name: 'binh-all', minutes: '30', reason: 'Con xem nốt phim với bạn' } });
  await house.http(DEVICES.an, '/xin', { form: { kind: 'site', name: 'roblox.com', reason: 'Bạn con chơi ạ' } });
  await house.api('POST', 'requests/3', { answer: 'deny' });
  await house.api('POST', 'reports', { kind: 'wrong', name: 'bet365.com' });
  await house.http(DEVICES.binh, '/xin/bao', { form: { kind: 'harmful', name: 'hoc-bai.example' } });
}

/** Waits until a page has all that it shows. */
export async function shown(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('.loading'));
}
