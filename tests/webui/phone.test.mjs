// A child's phone on the home's own network: its browser finds sites by our DNS alone, and what is blocked leads to the page at
// its own address, as on a router: port 80 is the page, 443 is nobody's. Two namespaces, which take root.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { binary, until } from './house.mjs';

const ROUTER = '192.168.77.1';
const PHONE = '192.168.77.21';
const PAGE = '198.18.53.53';
/** Milliseconds, with room for a busy machine; a browser that hears nothing tries for minutes. */
const AT_ONCE = 10_000;

const FAMILY = `version = 1
[[person]]
id = "an"
name = "An"
birth_year = ${new Date().getFullYear() - 10}
[[device]]
addresses = ["${PHONE}"]
name = "Điện thoại của An"
person = "an"
`;

const skip = process.getuid() !== 0 && 'it takes root to make networks';
const [router, phone] = ['r', 'p'].map((end) => `luytre-${end}-${process.pid}`);
const inside = (namespace, ...command) => ['ip', 'netns', 'exec', namespace, ...command];
const sh = (...command) => execFileSync(command[0], command.slice(1), { stdio: 'pipe', encoding: 'utf8' });
const undo = [];
let context;

/** Whether the phone is told where the page is. */
const answers = (name) => {
  try {
    return sh(...inside(phone, 'dig', '+short', '+time=1', '+tries=1', `@${ROUTER}`, name)).trim() === PAGE;
  } catch {
    return false;
  }
};

before(async () => {
  if (skip) return;
  const folder = mkdtempSync(join(tmpdir(), 'luytre-phone-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  network();
  router_in(folder);
  await until('the router answers', () => answers('luytre.lan'));
  // What `ip netns exec` shows as /etc/resolv.conf.
  const starter = join(folder, 'chromium');
  writeFileSync(starter, `#!/bin/sh\nexec ip netns exec ${phone} ${process.env.CHROMIUM ?? '/usr/bin/chromium'} "$@"\n`);
  chmodSync(starter, 0o755);
  const browser = await chromium.launch({ executablePath: starter, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  undo.push(() => browser.close());
  context = await browser.newContext({ locale: 'vi-VN', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  context.setDefaultTimeout(15_000);
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

function network() {
  for (const name of [router, phone]) {
    sh('ip', 'netns', 'add', name);
    undo.push(() => sh('ip', 'netns', 'del', name));
    sh('ip', '-n', name, 'link', 'set', 'lo', 'up');
  }
  mkdirSync(`/etc/netns/${phone}`, { recursive: true });
  undo.push(() => rmSync(`/etc/netns/${phone}`, { recursive: true }));
  writeFileSync(`/etc/netns/${phone}/resolv.conf`, `nameserver ${ROUTER}\n`);
  sh('ip', 'link', 'add', 'lan', 'netns', router, 'type', 'veth', 'peer', 'name', 'wifi', 'netns', phone);
  for (const [name, end, address] of [[router, 'lan', ROUTER], [phone, 'wifi', PHONE]]) {
    sh('ip', '-n', name, 'addr', 'add', `${address}/24`, 'dev', end);
    sh('ip', '-n', name, 'link', 'set', end, 'up');
  }
  sh('ip', '-n', router, 'addr', 'add', `${PAGE}/32`, 'dev', 'lo');
  sh('ip', '-n', phone, 'route', 'add', 'default', 'via', ROUTER);
}

function router_in(folder) {
  writeFileSync(join(folder, 'family.toml'), FAMILY);
  writeFileSync(
    join(folder, 'luytre.toml'),
    `[listen]\ndns = ["${ROUTER}:53"]\n[web]\nlisten = ["${PAGE}:80"]\n[reply]\naddress = ["${PAGE}"]\n[state]\ndir = "state"\n` +
      '[upstream]\nservers = ["udp://127.0.0.1:5301"]\nvalidate = false\n[family]\nfile = "family.toml"\n',
  );
  for (const command of [
    [binary('bench-upstream'), '--listen', '127.0.0.1:5301'],
    [binary('luytre'), 'run', '--config', join(folder, 'luytre.toml')],
  ]) {
    const [program, ...args] = inside(router, ...command);
    const started = spawn(program, args, { stdio: 'ignore' });
    undo.push(async () => {
      const ended = new Promise((resolve) => started.once('exit', resolve));
      if (started.exitCode === null && started.kill()) await ended;
    });
  }
}

test('a blocked site shows the page, and its port for TLS refuses at once', { skip }, async (t) => {
  const lost = await context.newPage();
  let began = Date.now();
  const refused = await lost.goto('https://tiktok.com/').then(() => '', String);
  assert.match(refused, /ERR_CONNECTION_REFUSED/);
  const took = Date.now() - began;
  const page = await context.newPage();
  began = Date.now();
  const answer = await page.goto('http://tiktok.com/');
  t.diagnostic(`refused after ${took} ms, the page after ${Date.now() - began} ms`);
  assert.ok(took < AT_ONCE, `${took} ms`);
  assert.equal(answer.status(), 403);
  assert.equal((await answer.allHeaders())['cache-control'], 'no-store');
  await page.getByText('tiktok.com').first().waitFor();
  await page.getByText('111').first().waitFor();
});

test('from there the child gets to the router by name, asks, and sees the own page', { skip }, async () => {
  const page = await context.newPage();
  await page.goto('http://tiktok.com/');
  await page.getByRole('link', { name: 'Xin vào trang này' }).first().click();
  await page.waitForURL('http://luytre.lan/xin?name=tiktok.com&lang=vi');
  await page.getByLabel('Vì sao bạn cần?').fill('Con làm bài thuyết trình');
  await page.getByRole('button', { name: 'Gửi cho bố mẹ' }).click();
  await page.waitForURL(/^http:\/\/luytre\.lan\/toi/);
  await page.getByText('Đang chờ').waitFor();
  await page.goto('http://luytre.lan/toi');
  await page.getByRole('heading', { level: 1 }).waitFor();
});

test('an app gets a short answer that says so, and keeps nothing', { skip }, () => {
  const get = (...args) => sh(...inside(phone, 'curl', '-s', '-i', ...args));
  const app = get('-H', 'Accept: application/json', 'http://tiktok.com/feed');
  assert.match(app, /^HTTP\/1\.1 403 /);
  assert.match(app, /cache-control: no-store/i);
  assert.equal(JSON.parse(app.split('\r\n\r\n')[1]).verdict, 'blocked');
  // What posts gets no page that it would take for its answer.
  assert.match(get('-X', 'POST', '-d', 'x=1', 'http://tiktok.com/login'), /^HTTP\/1\.1 403 /);
});
