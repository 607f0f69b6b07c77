// A house for the tests: the real daemon with devices, an upstream that answers, a browser; all gone at the end.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { Centre } from './centre.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '../..');
const binaries = process.env.LUYTRE_BIN ? dirname(process.env.LUYTRE_BIN) : join(root, 'target/release');
const luytre = process.env.LUYTRE_BIN ?? join(binaries, 'luytre');
/** A program of ours. */
export const binary = (name) => (name === 'luytre' ? luytre : join(binaries, name));
const run = promisify(execFile);

export const PASSWORD = 'con mèo đen';

/** Which address each device asks from, and what it calls itself: leases say so, as on a router. */
export const DEVICES = {
  an: { ip: '127.0.0.21', mac: '3c:06:30:11:22:33', name: 'iPhone-cua-An' },
  binh: { ip: '127.0.0.22', mac: '02:aa:bb:cc:dd:01', name: 'Galaxy-A15' },
  tv: { ip: '127.0.0.24', mac: 'f4:f5:d8:00:00:01', name: 'Chromecast' },
};

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until `look` gives something; fails with `what` after 20 s. */
export async function until(what, look) {
  const end = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Seconds from now to four in the afternoon in Vietnam (UTC+7): bedtime would be another test at night. */
function toAfternoon() {
  const day = 86_400;
  const time = (Math.floor(Date.now() / 1000) + 7 * 3600) % day;
  return 16 * 3600 - time;
}

/** A house in the afternoon, whatever the time is here. */
export class House {
  /**
   * @param options `leases`: further `[ip, mac, name]`; `secure`: the page is shown over TLS too, at `house.secure`; `centre`:
   * there is one that publishes lists, `house.centre`; `health`: where a provider takes health reports.
   */
  static async open(options = {}) {
    if (!existsSync(luytre)) throw new Error(`${luytre} is missing: ./dev build, or set LUYTRE_BIN`);
    const house = new House();
    try {
      await house.furnish(options);
      return house;
    } catch (error) {
      await house.close();
      throw error;
    }
  }

  started = [];

  async furnish({ leases = [], secure = false, centre = false, health = '' }) {
    this.folder = mkdtempSync(join(tmpdir(), 'luytre-webui-'));
    const [dns, web, tls, upstream] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const url = `http://127.0.0.1:${web}`;
    Object.assign(this, { dns, url, direct: url, secure: `https://127.0.0.1:${tls}` });
    const known = Object.values(DEVICES).map(({ ip, mac, name }) => [ip, mac, name]);
    this.writeLeases([...known, ...leases]);
    mkdirSync(join(this.folder, 'state'));
    this.config = join(this.folder, 'luytre.toml');
    const list = centre ? await this.openCentre() : '';
    writeFileSync(
      this.config,
      `[listen]\ndns = ["127.0.0.1:${dns}"]\n[web]\nlisten = ["127.0.0.1:${web}"]\n${secure ? `tls = ["127.0.0.1:${tls}"]\n` : ''}[state]\ndir = "state"\n` +
        `[who]\nleases = ["leases"]\n[upstream]\nservers = ["udp://127.0.0.1:${upstream}"]\nvalidate = false\n${list}${health && `[health]\nsend_to = "${health}"\n`}`,
    );
    this.start(binary('bench-upstream'), ['--listen', `127.0.0.1:${upstream}`]);
    this.ahead = toAfternoon();
    this.start(luytre, ['run', '--config', this.config, `--clock-offset=${this.ahead}`]);
    await until('the page answers', () => fetch(`${this.url}/api/v1/status`).then((answer) => answer.ok, () => false));
    // While the application is worked on: as it is now, in front of a daemon that was built before.
    if (process.env.LUYTRE_DEV) {
      const port = String(await freePort());
      this.start('node', [join(root, 'webui/dev.mjs')], { PORT: port, DAEMON: this.url });
      this.url = `http://127.0.0.1:${port}`;
      await until('dev.mjs answers', () => fetch(this.url).then((answer) => answer.ok, () => false));
    }
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  }

  /** Returns what the router has to know of it. */
  async openCentre() {
    const folder = join(this.folder, 'centre');
    this.centre = new Centre(binary('luytre-hub'), folder, await freePort());
    this.centre.publish([]);
    this.start(binary('luytre-hub'), ['serve', '--config', join(folder, 'hub.toml')]);
    return `[list]\nurls = ["${this.centre.url}"]\nroot = "${this.centre.root}"\nedition = "full"\n`;
  }

  start(program, args, env = {}) {
    const process = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: this.folder,
      env: { ...globalThis.process.env, ...env },
    });
    process.stderr.on('data', (text) => (this.log = (this.log ?? '') + text));
    this.started.push(process);
  }

  writeLeases(leases) {
    const expires = Math.floor(Date.now() / 1000) + 400 * 86_400;
    const line = ([ip, mac, name]) => `${expires} ${mac} ${ip} ${name} *\n`;
    writeFileSync(join(this.folder, 'leases'), leases.map(line).join(''));
  }

  async close() {
    await this.browser?.close();
    for (const process of this.started) {
      const ended = process.exitCode === null && new Promise((resolve) => process.once('exit', resolve));
      process.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  setUpCode() {
    const said = execFileSync(luytre, ['setup-code', '--config', this.config], { encoding: 'utf8' });
    return said.trim().split(' ').pop();
  }

  /** A parent's browser, or a child's: a fresh one each. What a page complains of fails the test that looks. */
  async visitor({ locale = 'vi-VN', viewport = { width: 360, height: 740 }, ...options } = {}) {
    const context = await this.browser.newContext({
      baseURL: this.url,
      locale,
      timezoneId: 'Asia/Ho_Chi_Minh',
      viewport,
      isMobile: viewport.width < 600,
      hasTouch: viewport.width < 600,
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(15_000);
    // Its clock is the house's.
    await context.addInitScript((ahead) => {
      const Real = Date;
      globalThis.Date = class extends Real {
        constructor(...parts) {
          super(...(parts.length ? parts : [Real.now() + ahead]));
        }
        static now() {
          return Real.now() + ahead;
        }
      };
    }, this.ahead * 1000);
    const page = await context.newPage();
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    page.on('console', (message) => {
      const known = /status of 4\d\d/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !known) page.complaints.push(message.text());
    });
    page.on('request', (request) => {
      const other = !request.url().startsWith(this.url) && !request.url().startsWith('blob:');
      if (other) page.complaints.push(`asked another host: ${request.url()}`);
    });
    return page;
  }

  /** Sets the house up by the API, with two children and their devices. Returns the parent's cookie. */
  async settle() {
    const answer = await fetch(`${this.url}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: this.setUpCode(), password: PASSWORD, language: 'vi' }),
    });
    this.cookie = answer.headers.get('set-cookie').split(';')[0];
    const year = new Date().getFullYear();
    await this.api('POST', 'people', { id: 'an', name: 'An', birth_year: year - 10 });
    await this.api('POST', 'people', { id: 'binh', name: 'Bình', birth_year: year - 15 });
    await this.api('POST', 'people', { id: 'me', name: 'Mẹ', profile: 'adult' });
    await this.api('POST', 'devices', { mac: DEVICES.an.mac, name: 'Điện thoại của An', person: 'an' });
    await this.api('POST', 'devices', { mac: DEVICES.binh.mac, name: 'Điện thoại của Bình', person: 'binh' });
    return this.cookie;
  }

  async api(method, path, body, headers = {}) {
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: { cookie: this.cookie, 'content-type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return { etag: answer.headers.get('etag'), body: answer.status === 204 ? undefined : await answer.json() };
  }

  /** Changes the family's document by the API, as another parent would. */
  async editFamily(alter) {
    const { body, etag } = await this.api('GET', 'family');
    alter(body);
    await this.api('PUT', 'family', body, { 'if-match': etag });
  }

  /** A browser that is logged in. */
  async parent(options) {
    const page = await this.visitor(options);
    const [name, value] = this.cookie.split('=');
    // The account speaks Vietnamese; a device may choose another language.
    const language = options?.locale?.slice(0, 2) ?? 'vi';
    await page.addInitScript((tag) => (localStorage['luytre.language'] ??= tag), language);
    await page.context().addCookies([{ name, value, url: this.url, httpOnly: true, sameSite: 'Strict' }]);
    return page;
  }

  /** Asks by DNS from a device's address; the lines of the short answer. */
  async dig(device, ...names) {
    const questions = names.flatMap((name) => [name, 'A']);
    const { stdout } = await run('dig', ['+time=2', '+tries=2', '+short', '@127.0.0.1', '-p', String(this.dns), '-b', device.ip, ...questions]);
    return stdout.trim().split('\n');
  }

  /** Asks for a name as it stands, whatever bytes are in its labels (dig is choosy), and waits for the answer. */
  async ask(device, name) {
    const labels = name.split('.').flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]);
    const header = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const question = Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.bind(0, device.ip, resolve));
    const answer = new Promise((resolve) => socket.once('message', resolve));
    socket.send(question, this.dns, '127.0.0.1');
    await answer;
    socket.close();
  }

  /** HTTP from a device's address, as its browser would: `{status, headers, body}`. */
  async http(device, path, { form, host, headers = {} } = {}) {
    const args = ['-s', '-i', '--interface', device.ip, `${this.direct}${path}`];
    if (host) args.push('-H', `Host: ${host}`);
    for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
    if (form) args.push('-H', `Origin: ${this.direct}`, ...Object.entries(form).flatMap(([key, value]) => ['--data-urlencode', `${key}=${value}`]));
    const { stdout } = await run('curl', args);
    const [head, ...body] = stdout.split('\r\n\r\n');
    const [first, ...lines] = head.split('\r\n');
    const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
    return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(pairs), body: body.join('\r\n\r\n') };
  }
}

/** Paints a day's hours from one part of it to another, 0 to 1, with a finger. */
export async function paint(page, day, from, to) {
  const slots = page.getByRole('row', { name: day }).locator('.slots');
  await slots.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const box = await slots.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 1 + from * (box.width - 2), y);
  await page.mouse.down();
  await page.mouse.move(box.x + 1 + to * (box.width - 2), y, { steps: 5 });
  await page.mouse.up();
}

const AXE = readFileSync(join(here, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong on a page: WCAG 2.2 A and AA, and its best practices. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} (${failureSummary})`).join('; ')}`);
  });
  return found;
}
