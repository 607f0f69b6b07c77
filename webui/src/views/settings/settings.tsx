// What concerns the house as a whole, and who may come in.

import { remove } from '../../api';
import { t, type Key } from '../../i18n';
import { useFamily } from '../../model/family';
import { useNames } from '../../model/names';
import { place } from '../../route';
import { useSession } from '../../session';
import { useSignal } from '../../signal';
import { Heading } from '../../ui/frame';
import { Icon, type IconName } from '../../ui/icon';
import { act } from '../../ui/messages';
import { Button, Loading } from '../../ui/parts';
import { Hours } from '../person/hours';
import { Accounts } from './accounts';
import { Audit } from './audit';
import { Backup } from './backup';
import { House } from './house';
import { Reports } from './reports';
import { Security } from './security';
import { System } from './system';

const SECTIONS: { name: string; key: Key; hint: Key; icon: IconName }[] = [
  { name: 'nha', key: 'set_house', hint: 'set_house_hint', icon: 'home' },
  { name: 'gio', key: 'hours_all', hint: 'set_hours_hint', icon: 'moon' },
  { name: 'bao-mat', key: 'set_security', hint: 'set_security_hint', icon: 'shield' },
  { name: 'tai-khoan', key: 'set_accounts', hint: 'set_accounts_hint', icon: 'device' },
  { name: 'sao-luu', key: 'set_backup', hint: 'set_backup_hint', icon: 'log' },
  { name: 'he-thong', key: 'set_system', hint: 'set_system_hint', icon: 'gear' },
  { name: 'bao-cao', key: 'set_reports', hint: 'set_reports_hint', icon: 'warn' },
  { name: 'so-tay', key: 'set_audit', hint: 'set_audit_hint', icon: 'clock' },
];

export function Settings() {
  const [family, names] = [useFamily(), useNames()];
  const { query } = useSignal(place);
  const { me } = useSession();
  const section = SECTIONS.find(({ name }) => name === query.get('muc'));
  if (!section) return <Menu />;
  if (!family || !names) return <Loading />;
  return (
    <>
      <Heading text={t(section.key)} back="/cai-dat" />
      {section.name === 'nha' && <House family={family} names={names} />}
      {section.name === 'gio' && <Hours who="*" name="" family={family} names={names} />}
      {section.name === 'bao-mat' && <Security me={me} />}
      {section.name === 'tai-khoan' && <Accounts me={me} />}
      {section.name === 'sao-luu' && <Backup />}
      {section.name === 'he-thong' && <System />}
      {section.name === 'bao-cao' && <Reports />}
      {section.name === 'so-tay' && <Audit family={family} />}
    </>
  );
}

function Menu() {
  const { leave } = useSession();
  return (
    <>
      <Heading text={t('nav_settings')} />
      <ul class="menu card">
        {SECTIONS.map(({ name, key, hint, icon }) => (
          <Item key={name} href={`/cai-dat?muc=${name}`} icon={icon} text={t(key)} hint={t(hint)} />
        ))}
      </ul>
      <ul class="menu card">
        <Item href="/vi-sao" icon="why" text={t('nav_why')} hint={t('set_why_hint')} />
        <Item href="/tro-giup" icon="help" text={t('nav_help')} hint={t('set_help_hint')} />
      </ul>
      <Button kind="quiet" icon="out" onClick={() => act(() => remove('session').then(leave))}>
        {t('log_out')}
      </Button>
    </>
  );
}

function Item({ href, icon, text, hint }: { href: string; icon: IconName; text: string; hint: string }) {
  return (
    <li>
      <a href={href}>
        <Icon name={icon} />
        <span>
          <strong>{text}</strong>
          <small>{hint}</small>
        </span>
        <Icon name="next" />
      </a>
    </li>
  );
}
