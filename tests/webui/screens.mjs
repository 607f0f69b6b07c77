// Pictures of every page for docs/screens: on a phone and on a wide screen, in both languages, light and dark.
//   node tests/webui/screens.mjs        after a change of how pages look

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVICES, House, root } from './house.mjs';
import { CHILD, liveIn, shown, VIEWS } from './views.mjs';

const SCREENS = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];
const WAYS = SCREENS.flatMap((viewport) =>
  ['vi-VN', 'en-GB'].flatMap((locale) =>
    ['light', 'dark'].map((colorScheme) => ({
      name: `${viewport.width}-${locale.slice(0, 2)}-${colorScheme}`,
      ...{ locale, colorScheme, viewport },
    })),
  ),
);
/** The tallest picture, in px: a log goes on and on. */
const TALLEST = 2000;
/** Of WebP: text stays sharp, and the whole folder small. */
const QUALITY = 45;

const folder = join(root, 'docs/screens');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

async function picture(page, name, { viewport }) {
  await shown(page);
  // What sticks to the screen's edge would stand in the middle of a long page.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ ...viewport, height: Math.min(TALLEST, Math.max(viewport.height, height)) });
  await page.evaluate(() => document.activeElement?.blur?.());
  const client = await page.context().newCDPSession(page);
  const { data } = await client.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  writeFileSync(join(folder, name), Buffer.from(data, 'base64'));
  await page.setViewportSize(viewport);
}

const empty = await House.open();
for (const way of WAYS) {
  const page = await empty.visitor(way);
  await page.goto('/');
  await picture(page, `set-up-${way.name}.webp`, way);
}
await empty.close();

const house = await House.open({ centre: true });
await liveIn(house, DEVICES);
for (const way of WAYS) {
  const [page, stranger] = [await house.parent(way), await house.visitor(way)];
  for (const [name, path] of Object.entries(VIEWS)) {
    await page.goto(path);
    await picture(page, `${name}-${way.name}.webp`, way);
  }
  for (const [name, path] of Object.entries(CHILD)) {
    await stranger.goto(`${path}${path.includes('?') ? '&' : '?'}lang=${way.locale.slice(0, 2)}`);
    await picture(stranger, `${name}-${way.name}.webp`, way);
  }
  await stranger.goto('/');
  await picture(stranger, `log-in-${way.name}.webp`, way);
  await stranger.route('**/*', async (route) => {
    const { status, headers, body } = await house.http(DEVICES.an, '/', { host: 'tiktok.com', headers: { 'accept-language': way.locale } });
    await route.fulfill({ status, headers, body });
  });
  await stranger.goto('/');
  await picture(stranger, `block-${way.name}.webp`, way);
}
await house.close();
