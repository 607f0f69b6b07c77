// The DNS servers in use, and a test of these or of others.

import { useState } from 'preact/hooks';
import { post } from '../../api';
import { t } from '../../i18n';
import type { Server, Tested } from '../../types';
import { Button, Card, Field, Trouble } from '../../ui/parts';
import { useAction } from '../../use';

export function Servers({ servers }: { servers: Server[] }) {
  const [text, setText] = useState('');
  return (
    <Card title={t('servers')}>
      {servers.length === 0 && <p class="hint">{t('servers_none')}</p>}
      <ul class="list">
        {servers.map((server) => (
          <li key={server.server}>
            <div>
              <strong translate={false}>{server.server}</strong>
              <p>{about(server)}</p>
              <Test server={server.server} />
            </div>
            <span class={server.down ? 'tag blocked' : 'tag'}>{t(server.down ? 'server_down' : 'server_up')}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>{t('server_other')}</summary>
        <Field
          label={t('server_address')}
          hint={t('server_address_hint')}
          placeholder="tls://dns.example"
          maxLength={300}
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Test key={text} server={text} />
      </details>
      <p class="hint">{t('servers_hint')}</p>
    </Card>
  );
}

/** Asks a server once, and says how it went. */
function Test({ server }: { server: string }) {
  const [tested, setTested] = useState<Tested>();
  const { busy, problem, run } = useAction();
  const test = () => (setTested(undefined), run(async () => setTested(await post<Tested>('servers/test', { server }))));
  return (
    <div class="row" role="status">
      <Button kind="quiet" busy={busy} disabled={!server.trim()} aria-label={t('server_test_this', { server })} onClick={test}>
        {t('server_test')}
      </Button>
      {tested?.works && <span>{t('server_works', { n: tested.took_ms ?? 0 })}</span>}
      {tested && !tested.works && (
        <span class="error">
          {t('server_fails')} <small lang="en">{tested.trouble}</small>
        </span>
      )}
      <Trouble problem={problem} />
    </div>
  );
}

function about({ transport, srtt_ms, dnssec, last_error, down }: Server): string {
  const parts = [
    t(transport === 'udp' || transport === 'tcp' ? 'server_plain' : 'server_encrypted'),
    srtt_ms !== null && t('server_time', { n: srtt_ms }),
    dnssec && 'DNSSEC',
    down && last_error,
  ];
  return parts.filter(Boolean).join(' · ');
}
