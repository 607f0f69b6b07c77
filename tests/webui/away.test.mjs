// The phone is away from home, the router starts anew, the page stands on a home screen.

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { chromium } from 'playwright-core';
import { DEVICES, House } from './house.mjs';

let house;
before(async () => {
  house = await House.open({ secure: true });
  await house.settle();
});
after(() => house.close());

test('away from home the page says so, and goes on by itself', async () => {
  const page = await house.parent();
  await page.goto('/');
  await page.getByRole('region', { name: 'An', exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.getByRole('link', { name: 'Thiết bị', exact: true }).click();
  await page.getByText('Không kết nối được với router').waitFor();
  await page.context().setOffline(false);
  await page.getByRole('link', { name: 'Nhà', exact: true }).click();
  await page.getByText('Không kết nối được với router').waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'An', exact: true }).waitFor();
});

test('what is pressed while the router is away is not said to be done', async () => {
  const page = await house.parent();
  await page.goto('/');
  const an = page.getByRole('region', { name: 'An', exact: true });
  await an.getByRole('button', { name: 'Tạm dừng' }).click();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: '30 phút' }).click();
  await page.getByText('Không kết nối được với router').first().waitFor();
  await page.context().setOffline(false);
  assert.equal((await house.dig(DEVICES.an, 'vnexpress.net')).includes('192.0.2.1'), true, 'nothing is paused');
});

test('over TLS a browser can put it on the home screen', async () => {
  const { host, port } = new URL(house.secure);
  const certificate = await new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.end();
    }).on('error', reject);
  });
  // As if the family had taken the router's certificate for good.
  const key = createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
  // A window that leaves no traces can install nothing, so this one is given a folder.
  const profile = join(house.folder, 'browser');
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--ignore-certificate-errors-spki-list=${key}`],
  });
  try {
    const page = await browser.newPage();
    await page.goto(house.secure);
    assert.equal(await page.evaluate(() => isSecureContext), true, host);
    const client = await page.context().newCDPSession(page);
    const { errors, data } = await client.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const { name, icons, display, start_url } = JSON.parse(data);
    assert.deepEqual([name, display, start_url], ['Luytre', 'standalone', '/']);
    for (const { src } of icons) assert.equal((await page.request.get(new URL(src, house.secure).href, { ignoreHTTPSErrors: true })).status(), 200);
    const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors, []);
  } finally {
    await browser.close();
  }
});
