// A centre of our own: the real hub with keys, names, and what it published, shown to routers.

import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const STARTER = join(dirname(fileURLToPath(import.meta.url)), '../../config/starter');

export class Centre {
  /** `hub`: the program; `port`: where routers find it. */
  constructor(hub, folder, port) {
    Object.assign(this, { hub, folder, url: `http://127.0.0.1:${port}/list` });
    mkdirSync(folder);
    this.run('keys', 'new', '--dir', 'keys');
    this.settings = `[serve]\nlisten = "127.0.0.1:${port}"\n`;
  }

  /** What every router of its begins with. */
  get root() {
    return join(this.folder, 'keys/root.1.json');
  }

  run(...args) {
    return execFileSync(this.hub, args, { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' });
  }

  /** Publishes what every router starts with and these names, and which version of the router's program is the newest. */
  publish(names, program = '') {
    cpSync(STARTER, join(this.folder, 'names'), { recursive: true, filter: (path) => !path.endsWith('.md') });
    appendFileSync(join(this.folder, 'names/gambling.txt'), names.join('\n') + '\n');
    writeFileSync(join(this.folder, 'hub.toml'), `${this.settings}[publish]\nprogram = "${program}"\n`);
    this.run('publish', '--config', 'hub.toml', '--override', 'change');
  }
}
